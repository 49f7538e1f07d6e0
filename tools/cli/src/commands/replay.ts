import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { replayRouting, replayRules, type NoticesResult, type ReplayResult } from '@app/api';
import { ConfigError, findOrg, formatFault, parseRouting, parseSettings, readSections, type Settings } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface ReplayOptions {
  readonly org: string;
  readonly from: string;
  readonly to: string;
  /** A file with a section `rules`, `thresholds` or both. */
  readonly rules?: string;
  /** A file with any of the sections `policies`, `rotas`, `people`, `alerts`, `silences`. */
  readonly routing?: string;
  readonly json: boolean;
}

const HOUR_MS = 3_600_000;
/** Whoever runs this may wait. */
const MOST_HOURS = 200_000_000;
const MOST_INCIDENTS = 1_000_000;
const MOST_ALERTS = 500_000;

/** `mistwatch replay`: what other rules would have told, or who would have been told by other policies, beside what was. Stores nothing. */
export async function replayCommand(shell: Shell, options: ReplayOptions): Promise<void> {
  const { rules, routing } = options;
  const span = {
    from: Math.floor(timeOf('--from', options.from) / HOUR_MS) * HOUR_MS,
    to: Math.ceil(timeOf('--to', options.to) / HOUR_MS) * HOUR_MS,
  };
  if (span.from >= span.to) throw new ExitError('--to must be later than --from.', 2);
  if ((rules === undefined) === (routing === undefined))
    throw new ExitError('Give one of --rules FILE (what would have fired) and --routing FILE (who would have been told).', 2);
  await withServers(shell, async (servers) => {
    const { settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    await withDatabase(servers.databaseUrl, async (database) => {
      const org = await findOrg(database, options.org);
      if (org === null) throw new ExitError(`There is no organization ${JSON.stringify(options.org)}.`, 2);
      if (rules !== undefined) {
        const asked = { id: org.id, externalId: org.externalId };
        const result = await replayRules(database, {
          settings,
          org: asked,
          span,
          changes: changesOf(rules),
          mostHours: MOST_HOURS,
          mostAlerts: MOST_ALERTS,
        });
        if (options.json) shell.print(JSON.stringify(result));
        else print(shell, result);
      } else if (routing !== undefined) {
        const tried = withFile(routing, (text) => parseRouting(settings, readSections(text, routing), routing));
        const result = await replayRouting(database, { settings, orgId: org.id, span, tried, mostIncidents: MOST_INCIDENTS });
        if (options.json) shell.print(JSON.stringify(result));
        else printNotices(shell, result);
      }
    });
  });
}

const reasons = ({ byReason }: NoticesResult['now']): string =>
  Object.entries(byReason)
    .map(([reason, count]) => `${reason} ${String(count)}`)
    .join(', ');

function printSides(shell: Shell, { now, changed }: Pick<NoticesResult, 'now' | 'changed'>): void {
  for (const [name, side] of [
    ['As the rules are', now],
    ['As tried', changed],
  ] as const) {
    const digests = side.digests === 0 ? '' : `; ${String(side.inDigests)} of them in ${String(side.digests)} digests`;
    const told = side.notices === 0 ? '' : ` (${reasons(side)})`;
    shell.print(`${name}: ${String(side.notices)} notices about ${String(side.incidents)} incidents${told}${digests}.`);
  }
}

function printNotices(shell: Shell, result: NoticesResult): void {
  const { incidents, sent, now, changed, destinations, differing, differingIncidents, notes } = result;
  shell.print(`${String(incidents)} incidents, ${String(sent)} notices sent about them.`);
  printSides(shell, { now, changed });
  for (const { destination, ...counts } of destinations) shell.print(`  ${destination}: ${besideText(counts)}`);
  shell.print(`${String(differing)} incidents would have been told otherwise.`);
  for (const { incidentId, openedAt, severity, title, now: before, changed: after } of differingIncidents)
    shell.print(
      `  incident ${String(incidentId)}  ${timeText(openedAt)}  ${severity}  ${title}: ${String(before)} -> ${String(after)}`,
    );
  for (const note of notes) shell.print(`  ${note}`);
}

function print(shell: Shell, { hours, circuits, sites, rules, notices }: ReplayResult): void {
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
  printTold(shell, notices);
}

/** What the rules would have sent, beside what was sent. */
function printTold(shell: Shell, told: ReplayResult['notices']): void {
  if ('leftOut' in told) {
    shell.print(`Notices are left out: ${told.leftOut}`);
    return;
  }
  const { sent, now, changed, destinations, rules, kept, added, gone, addedNotices, goneNotices, notes } = told;
  shell.print(`${String(sent)} notices were sent: ${String(kept)} stay, ${String(added)} are new, ${String(gone)} go.`);
  printSides(shell, { now, changed });
  for (const { destination, ...counts } of destinations) shell.print(`  ${destination}: ${besideText(counts)}`);
  for (const { rule, ...counts } of rules) shell.print(`  about incidents with ${rule}: ${besideText(counts)}`);
  for (const notice of addedNotices) shell.print(`  new   ${noticeText(notice)}`);
  for (const notice of goneNotices) shell.print(`  gone  ${noticeText(notice)}`);
  for (const note of notes) shell.print(`  ${note}`);
}

const noticeText = ({
  at,
  reason,
  destination,
  about,
}: {
  at: number;
  reason: string;
  destination: string;
  about: string;
}): string => `${timeText(at)}  ${reason} to ${destination}  ${about}`;

const besideText = ({ sent, now, changed }: { sent: number; now: number; changed: number }): string =>
  `sent ${String(sent)}, as the rules are ${String(now)}, as tried ${String(changed)}`;

const BASES: Readonly<Record<ReplayResult['rules'][number]['basis'], string>> = {
  hours: 'closed hours.',
  polls: 'single polls.',
  states: 'known states of circuits.',
  failovers: 'the failovers there were.',
  reachability: 'known states of gateways and circuits.',
};

const timeText = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

function timeOf(option: string, text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new ExitError(`${option} should be a time like 2026-03-01T00:00:00Z, but is ${JSON.stringify(text)}.`, 2);
  return at;
}

function changesOf(file: string): Pick<Settings, 'rules' | 'thresholds'> {
  const { rules, thresholds } = withFile(file, (text) => parseSettings(text, {}, file));
  if (rules.length === 0 && Object.values(thresholds).every((layer: object) => Object.keys(layer).length === 0))
    throw new ExitError(`${file} has no section "rules" or "thresholds" with anything to try.`, 2);
  return { rules, thresholds };
}

function withFile<T>(file: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof ConfigError) throw new ExitError(error.faults.map(formatFault).join('\n'), 2);
    if (isNativeError(error) && 'code' in error) throw new ExitError(`${file} cannot be read (${String(error.code)}).`, 2);
    throw error;
  }
}
