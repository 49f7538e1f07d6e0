import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { replayRules, type ReplayResult } from '@app/api';
import { ConfigError, findOrg, formatFault, parseSettings, type Settings } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface ReplayOptions {
  readonly org: string;
  readonly from: string;
  readonly to: string;
  /** A file with a section `rules`, `thresholds` or both. */
  readonly rules: string;
  readonly json: boolean;
}

const HOUR_MS = 3_600_000;
/** Whoever runs this may wait. */
const MOST_HOURS = 200_000_000;

/** `mistwatch replay`: what changed rules would have told over stored hours, beside what was told. Stores nothing. */
export async function replayCommand(shell: Shell, options: ReplayOptions): Promise<void> {
  const span = {
    from: Math.floor(timeOf('--from', options.from) / HOUR_MS) * HOUR_MS,
    to: Math.ceil(timeOf('--to', options.to) / HOUR_MS) * HOUR_MS,
  };
  if (span.from >= span.to) throw new ExitError('--to must be later than --from.', 2);
  const changes = changesOf(options.rules);
  await withServers(shell, async (servers) => {
    const { settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    await withDatabase(servers.databaseUrl, async (database) => {
      const org = await findOrg(database, options.org);
      if (org === null) throw new ExitError(`There is no organization ${JSON.stringify(options.org)}.`, 2);
      const asked = { id: org.id, externalId: org.externalId };
      const result = await replayRules(database, { settings, org: asked, span, changes, mostHours: MOST_HOURS });
      if (options.json) shell.print(JSON.stringify(result));
      else print(shell, result);
    });
  });
}

function print(shell: Shell, { hours, circuits, sites, rules }: ReplayResult): void {
  shell.print(`${String(hours)} hours, ${String(circuits)} circuits, ${String(sites)} sites`);
  for (const { rule, now, changed, stored, kept, added, gone, newAlerts, goneAlerts, basis, notes } of rules) {
    shell.print(
      `${rule}: ${String(changed.alerts)} alerts (${String(now.alerts)} by the rules as they are). There were ${String(stored.alerts)}, ` +
        `${String(stored.told)} of them told in ${String(stored.sent)} notices: ${String(kept)} stay, ${String(added)} are new, ${String(gone)} go.`,
    );
    shell.print(`  tried on ${BASES[basis]}${notes.map((note) => ` ${note}`).join('')}`);
    for (const { subject, severity, firedAt } of newAlerts) shell.print(`  new   ${timeText(firedAt)}  ${severity}  ${subject}`);
    for (const { subject, severity, firedAt, alertId } of goneAlerts)
      shell.print(`  gone  ${timeText(firedAt)}  ${severity}  ${subject}  alert ${String(alertId)}`);
  }
}

const BASES = { hours: 'closed hours.', polls: 'single polls.', states: 'known states of circuits.' } as const;

const timeText = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function timeOf(option: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new ExitError(`${option} should be a time like 2026-03-01T00:00:00Z, but is ${JSON.stringify(text)}.`, 2);
  return at;
}

function changesOf(file: string): Pick<Settings, 'rules' | 'thresholds'> {
  try {
    const { rules, thresholds } = parseSettings(readFileSync(file, 'utf8'), {}, file);
    if (rules.length === 0 && Object.values(thresholds).every((layer: object) => Object.keys(layer).length === 0))
      throw new ExitError(`${file} has no section "rules" or "thresholds" with anything to try.`, 2);
    return { rules, thresholds };
  } catch (error) {
    if (error instanceof ConfigError) throw new ExitError(error.faults.map(formatFault).join('\n'), 2);
    if (isNativeError(error) && 'code' in error) throw new ExitError(`${file} cannot be read (${String(error.code)}).`, 2);
    throw error;
  }
}
