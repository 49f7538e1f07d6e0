import { rederiveCircuits } from '@app/analyzer';
import {
  linkCircuits,
  listCircuitSettings,
  requireOrg,
  unlinkCircuit,
  type CircuitSettings,
  type Database,
  type LinkOutcome,
  type OrgRow,
  type Settings,
} from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

const PAGE = 1000;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

export interface CircuitsOptions {
  readonly org: string;
  readonly json: boolean;
}

export interface LinkOptions extends CircuitsOptions {
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly at?: string;
}

/** `mistwatch circuits list`: every circuit with what is configured and what Mist says beside it. */
export async function listCircuitsCommand(shell: Shell, options: CircuitsOptions): Promise<void> {
  await onOrg(shell, options.org, async ({ database, org }) => {
    for (let after = 0; ;) {
      const page = await listCircuitSettings(database, org.id, { at: new Date(), after, limit: PAGE });
      for (const circuit of page) shell.print(options.json ? JSON.stringify(circuit) : lineOf(circuit));
      if (page.length < PAGE) return;
      after = page.at(-1)?.key ?? after;
    }
  });
}

/** `mistwatch circuits link OLD NEW`: the circuit of a replaced gateway goes on under its new port. A repeat is harmless. */
export async function linkCircuitsCommand(shell: Shell, oldId: string, newId: string, options: LinkOptions): Promise<void> {
  const at = options.at === undefined ? null : timeOf(options.at);
  await onOrg(shell, options.org, async ({ database, settings, org }) => {
    const now = Date.now();
    const asked = { oldId, newId, at, isForced: options.force, isDryRun: options.dryRun, now, actor: 'cli' };
    const result = await linkCircuits(database, { orgId: org.id, ...asked });
    if (result.outcome === 'refused') throw new ExitError(result.reason);
    if (result.outcome === 'linked') await rederiveCircuits(database, settings, { orgId: org.id, now });
    shell.print(
      options.json ? JSON.stringify({ ...result, since: new Date(result.since).toISOString() }) : sentenceOf(oldId, result),
    );
  });
}

/** `mistwatch circuits unlink ID`: an earlier port is in use again; from its next observation on it is a circuit of its own. */
export async function unlinkCircuitCommand(shell: Shell, id: string, options: CircuitsOptions): Promise<void> {
  await onOrg(shell, options.org, async ({ database, org }) => {
    const isGone = await unlinkCircuit(database, { orgId: org.id, id, now: Date.now(), actor: 'cli' });
    if (!isGone) throw new ExitError(`${id} is no earlier id of a circuit. "mistwatch circuits list" shows earlier ids.`);
    shell.print(
      options.json ? JSON.stringify({ released: id }) : `${id} is free; what it told before stays with the circuit it carried.`,
    );
  });
}

interface Place {
  readonly database: Database;
  readonly settings: Settings;
  readonly org: OrgRow;
}

const onOrg = (shell: Shell, orgId: string, work: (place: Place) => Promise<void>): Promise<void> =>
  withServers(shell, (servers) => {
    const { settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    return withDatabase(servers.databaseUrl, async (database) =>
      work({ database, settings, org: await requireOrg(database, orgId) }),
    );
  });

function timeOf(text: string): number {
  const at = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new ExitError(`"${text}" is no time; use RFC 3339, such as 2026-03-01T00:00:00Z.`, 2);
  return at;
}

function lineOf({ id, siteId, configured: own, told, toldBy, earlierIds }: CircuitSettings): string {
  const either = (name: 'name' | 'role' | 'provider' | 'bandwidthDownMbps' | 'bandwidthUpMbps'): string => {
    if (own[name] !== null) return String(own[name]);
    return told[name] === null ? '-' : `${String(told[name])} (${toldBy[name] ?? 'Mist'})`;
  };
  const past = earlierIds.length === 0 ? '' : `  before: ${earlierIds.join(', ')}`;
  return [
    id,
    siteId,
    either('name'),
    either('role'),
    either('provider'),
    `${either('bandwidthDownMbps')}/${either('bandwidthUpMbps')} Mbps${past}`,
  ].join('  ');
}

function sentenceOf(oldId: string, { outcome, id, since, moved, dropped }: LinkOutcome): string {
  if (outcome === 'linked-before') return `${oldId} has gone on as ${id} since ${new Date(since).toISOString()}: nothing to do.`;
  const verb = outcome === 'dry-run' ? 'would go on' : 'goes on';
  const moves = Object.entries(moved).map(([what, count]) => `${String(count)} ${what}`);
  return `${oldId} ${verb} as ${id} from ${new Date(since).toISOString()} on: ${moves.join(', ')} joined, ${String(dropped)} observations left out.`;
}
