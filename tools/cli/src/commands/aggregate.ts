import { drainRollups, type Drained } from '@app/analyzer';
import { clockOf, findOrg, type Database, type OrgRow, type Settings } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface AggregateOptions {
  readonly org?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json: boolean;
}

const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** A date is midnight UTC. */
function timeOf(option: string, value: string): number {
  const at = TIME.test(value) ? Date.parse(value) : NaN;
  if (Number.isNaN(at))
    throw new ExitError(`${option} ${JSON.stringify(value)} is no time; write 2026-01-31 or 2026-01-31T10:00:00Z.`, 2);
  return at;
}

/** The span to be folded again, if one was asked for. */
function spanOf({ from, to }: AggregateOptions): { from: number; to: number } | null {
  if (from === undefined && to === undefined) return null;
  const span = {
    from: from === undefined ? -Infinity : timeOf('--from', from),
    to: to === undefined ? Infinity : timeOf('--to', to),
  };
  if (span.from >= span.to) throw new ExitError('--to must be later than --from.', 2);
  return span;
}

/** `mistwatch aggregate`: days, weeks and months are up to the hours when it returns. With a span, everything in it is folded again. */
export async function aggregateCommand(shell: Shell, options: AggregateOptions): Promise<void> {
  const again = spanOf(options);
  await withServers(shell, async (servers) => {
    const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    const now = clockOf(env.clockFile).now();
    await withDatabase(servers.databaseUrl, async (database) => {
      for (const org of await orgsOf(database, options.org)) {
        const drained = await rollUp(shell, { database, settings, org, now, ...(again === null ? {} : { again }) });
        shell.print(
          options.json
            ? JSON.stringify({ org: org.externalId, ...countsOf(drained) })
            : `${org.externalId}: ${drained.circuitDays} circuit-days, ${drained.circuitPeriods} weeks and months of circuits, ${drained.groups} groups, from ${drained.hours} hours`,
        );
      }
    });
  });
}

const countsOf = ({ circuitDays, circuitPeriods, groups, hours }: Drained) => ({ circuitDays, circuitPeriods, groups, hours });

async function orgsOf(database: Database, externalId: string | undefined): Promise<OrgRow[]> {
  const ids =
    externalId === undefined
      ? (await database.query<{ id: string }>('select external_id as id from org order by id')).map(({ id }) => id)
      : [externalId];
  const orgs = await Promise.all(ids.map((id) => findOrg(database, id)));
  const known = orgs.filter((org) => org !== null);
  if (known.length < ids.length) throw new ExitError(`There is no organization ${JSON.stringify(externalId)}.`, 2);
  return known;
}

interface RollUp {
  readonly database: Database;
  readonly settings: Settings;
  readonly org: OrgRow;
  readonly now: number;
  readonly again?: { readonly from: number; readonly to: number };
}

const PROGRESS_EVERY_MS = 2_000;

/** Brings the rollups of an org up to its hours; says now and then how far it is. */
export function rollUp(shell: Shell, request: RollUp): Promise<Drained> {
  let said = performance.now();
  return drainRollups({
    ...request,
    isPatient: true,
    onProgress: ({ circuitDays, groups }) => {
      if (performance.now() - said < PROGRESS_EVERY_MS) return;
      said = performance.now();
      shell.warn(`${circuitDays} circuit-days and ${groups} groups folded ...`);
    },
  });
}
