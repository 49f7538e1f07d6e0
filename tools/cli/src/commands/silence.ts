import { ALERT_RULE_IDS, parseMatcher, type AlertMatcher } from '@app/domain';
import { addSilence, clockOf, endSilence, findOrg, listSilences, type Database, type Settings } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface SilenceOptions {
  readonly org: string;
  /** `key=value`, as in `sites=site-1`. */
  readonly match: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly hours: string;
}

interface Context {
  readonly database: Database;
  readonly settings: Settings;
  readonly orgId: number;
  readonly now: number;
}

const HOUR_MS = 3_600_000;
const MOST_HOURS = 24 * 366;
const ACTOR = 'cli';

/** `mistwatch silence add`: nobody is told of what matches, for some hours. */
export const addSilenceCommand = (shell: Shell, options: SilenceOptions): Promise<void> =>
  onOrg(shell, options.org, async ({ database, settings, orgId, now }) => {
    const hours = Number(options.hours);
    if (!(hours > 0 && hours <= MOST_HOURS))
      throw new ExitError(`--hours should be a number above 0, at most ${String(MOST_HOURS)}.`, 2);
    const fields = { reason: options.reason, owner: options.owner, from: now, to: now + Math.round(hours * HOUR_MS) };
    const matcher = matcherOf(options.match, [...ALERT_RULE_IDS, ...settings.rules.map(({ id }) => id)]);
    const id = await addSilence(database, orgId, { ...fields, matcher }, { at: new Date(now), actor: ACTOR });
    shell.print(`Silence ${String(id)} holds until ${new Date(fields.to).toISOString()}.`);
  });

/** `mistwatch silence list`: those that hold or are to come, one JSON object a line. */
export const listSilencesCommand = (shell: Shell, options: { readonly org: string }): Promise<void> =>
  onOrg(shell, options.org, async ({ database, orgId, now }) => {
    const silences = await listSilences(database, orgId, { endsAfter: now, isWithEnded: false, after: null, limit: 1_000 });
    for (const { id, matcher, owner, reason, fromAt, toAt } of silences)
      shell.print(JSON.stringify({ id, matcher, owner, reason, from: fromAt, until: toAt }));
  });

/** `mistwatch silence end`: what is still true is told again. */
export const endSilenceCommand = (shell: Shell, id: string, options: { readonly org: string }): Promise<void> =>
  onOrg(shell, options.org, async ({ database, orgId, now }) => {
    const isEnded = /^\d{1,15}$/.test(id) && (await endSilence(database, orgId, Number(id), { at: new Date(now), actor: ACTOR }));
    if (!isEnded) throw new ExitError(`There is no silence ${id} that still holds. "mistwatch silence list" shows them.`, 2);
    shell.print(`Silence ${id} has ended.`);
  });

/** Values of one key are any of them; keys are all of them. */
function matcherOf(given: readonly string[], rules: readonly string[]): AlertMatcher {
  const values: Record<string, string[]> = {};
  for (const pair of given) {
    const [key, value] = pair.split(/=(.*)/s, 2);
    if (key === undefined || value === undefined || value === '')
      throw new ExitError(`--match should be key=value, but is ${JSON.stringify(pair)}.`, 2);
    values[key] = [...(Object.hasOwn(values, key) ? (values[key] ?? []) : []), value];
  }
  const { matcher, faults } = parseMatcher(values, { rules });
  if (faults.length > 0) throw new ExitError(faults.map(({ key, message }) => `--match ${key} ${message}`).join('\n'), 2);
  return matcher;
}

async function onOrg(shell: Shell, externalId: string, work: (context: Context) => Promise<void>): Promise<void> {
  await withServers(shell, async (servers) => {
    const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    await withDatabase(servers.databaseUrl, async (database) => {
      const org = await findOrg(database, externalId);
      if (org === null) throw new ExitError(`There is no organization ${JSON.stringify(externalId)}.`, 2);
      await work({ database, settings, orgId: org.id, now: clockOf(env.clockFile).now() });
    });
  });
}
