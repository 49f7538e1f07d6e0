import { QUALITY_METRICS, type EpochMs } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { bytesArray, numberArray, PERCENTILE_NAMES, replacing, SUM_NAMES, SUMS_OF_ROLLUPS } from './columns.js';
import type { RollupGrain } from './group-due.repository.js';
import { groupKey, SKETCHED, type Group, type PoolPartsByGroup, type Sketched } from './pool-parts.js';
import { addSketchesOfDays, partsOfCircuits, partsOfRegions, wantedRows, type Wanted } from './pool-parts.repository.js';

const KEY = ['org_id', 'level', 'key', 'start'];
const COLUMNS = ['circuits', ...SUM_NAMES, ...PERCENTILE_NAMES, 'above', ...SKETCHED.map((of) => `${of}_sketch`)];
const PERCENTILES_OF_PARTS = ['p.util_p95', ...QUALITY_METRICS.flatMap((metric) => [`p.${metric}_p95`, `p.${metric}_sketched`])];

const PART_TYPES: Readonly<Record<string, string>> = {
  level: 'text',
  key: 'text',
  start_ms: 'float8',
  circuits: 'int',
  above: 'text',
  ...Object.fromEntries(
    SKETCHED.flatMap((of) => [
      [`${of}_sketch`, 'bytea'],
      [`${of}_p95`, 'float8'],
      [`${of}_sketched`, 'bigint'],
    ]),
  ),
};
const PART_NAMES = Object.keys(PART_TYPES);

/** Stores groups: sums from `source` (level, key, start and the columns), the rest from the parts, which stand behind `given` parameters. */
const storing = (grain: RollupGrain, source: string, given: number): string => `
  with part as (select *, ${instant('start_ms')} as start from unnest(${PART_NAMES.map((name, i) => `$${given + 1 + i}::${PART_TYPES[name] ?? ''}[]`).join(', ')}) as p (${PART_NAMES.join(', ')})),
  sums as (${source})
  insert into group_${grain} (${[...KEY, ...COLUMNS].join(', ')})
  select $1, s.level, s.key, s.start, p.circuits, ${SUM_NAMES.map((name) => `s.${name}`).join(', ')}, ${PERCENTILES_OF_PARTS.join(', ')}, p.above::int[],
    ${SKETCHED.map((of) => `p.${of}_sketch`).join(', ')}
  from sums s join part p on p.level = s.level and p.key = s.key and p.start = s.start
  on conflict (${KEY.join(', ')}) ${replacing(COLUMNS)}`;

/** Circuits with the same groups are added up first: each of them is in several. */
const poolCircuits = (grain: RollupGrain, orgId: number, wanted: Wanted): string =>
  storing(
    grain,
    `select l.level, l.key, c.start, ${SUMS_OF_ROLLUPS} from (
       select c.region, c.store_type, c.provider, c.start, ${SUMS_OF_ROLLUPS} from circuit_${grain} c where ${wantedRows('c', orgId, wanted)}
       group by c.region, c.store_type, c.provider, c.start) c
     cross join lateral (values ('region', c.region), ('store_type', c.store_type), ('provider', c.provider)) as l (level, key)
     where l.key is not null group by l.level, l.key, c.start`,
    1,
  );

const poolRegions = (grain: RollupGrain): string =>
  storing(
    grain,
    `select 'org' as level, '' as key, start, ${SUMS_OF_ROLLUPS} from group_${grain}
     where org_id = $1 and level = 'region' and start = any(select ${instant('s')} from unnest($2::float8[]) s) group by start`,
    2,
  );

const partValues = ({ groups }: PoolPartsByGroup): unknown[] => {
  const list = [...groups.values()];
  const sketches = (of: Sketched): unknown[] => [
    bytesArray(list.map(({ parts }) => parts.sketches[of].encode())),
    numberArray(list.map(({ parts }) => parts.sketches[of].quantile(0.95))),
    numberArray(list.map(({ parts }) => parts.sketches[of].count)),
  ];
  return [
    list.map(({ group }) => group.level),
    list.map(({ group }) => group.key),
    numberArray(list.map(({ group }) => group.start)),
    numberArray(list.map(({ parts }) => parts.circuitCount)),
    list.map(({ parts }) => parts.above),
    ...SKETCHED.flatMap(sketches),
  ];
};

/** Takes groups that are due; what is said of them afterwards waits for the end of this transaction and is due again. */
async function takeDue(db: Queryable, orgId: number, grain: RollupGrain, starts: readonly EpochMs[]): Promise<Group[]> {
  const rows = await db.query<{ level: string; key: string; start: number }>(
    `delete from rollup_group_due where org_id = $1 and grain = $2 and start = any(select ${instant('s')} from unnest($3::float8[]) s)
     returning level, key, ${epochMs('start')} as start`,
    [orgId, grain, numberArray(starts)],
  );
  return rows.map((row) => ({ ...row, start: msOf(row.start) }));
}

/** Groups without members have no row. */
async function removeEmpty(db: Queryable, orgId: number, grain: RollupGrain, groups: readonly Group[]): Promise<void> {
  if (groups.length === 0) return;
  await db.query(
    `delete from group_${grain} g using unnest($2::text[], $3::text[], $4::float8[]) as u (level, key, start)
     where g.org_id = $1 and g.level = u.level and g.key = u.key and g.start = ${instant('u.start')}`,
    [orgId, groups.map(({ level }) => level), groups.map(({ key }) => key), numberArray(groups.map(({ start }) => start))],
  );
}

/**
 * Pools the groups of these periods that are due; returns how many. Days bring the sketches of their circuits, weeks and months those of their
 * days: so days go first.
 */
export async function storeGroups(
  tx: Transaction,
  orgId: number,
  grain: RollupGrain,
  { starts, endOf }: { starts: readonly EpochMs[]; endOf: (start: EpochMs) => EpochMs },
): Promise<number> {
  const due = await takeDue(tx, orgId, grain, starts);
  const ofCircuits = due.filter(({ level }) => level !== 'org');
  const wanted = { starts, groups: ofCircuits };
  const pools = await partsOfCircuits(tx, orgId, grain, { ...wanted, endOf });
  if (grain !== 'day')
    await addSketchesOfDays(
      tx,
      orgId,
      [...pools.groups.values()].map(({ group }) => group),
      { pools, endOf },
    );
  if (pools.groups.size > 0) await tx.query(poolCircuits(grain, orgId, wanted), [orgId, ...partValues(pools)]);
  await removeEmpty(
    tx,
    orgId,
    grain,
    ofCircuits.filter((group) => !pools.groups.has(groupKey(group))),
  );
  const whole = due.filter(({ level }) => level === 'org');
  const orgStarts = whole.map(({ start }) => start);
  const orgs = await partsOfRegions(tx, orgId, grain, orgStarts);
  if (orgs.groups.size > 0) await tx.query(poolRegions(grain), [orgId, numberArray(orgStarts), ...partValues(orgs)]);
  await removeEmpty(
    tx,
    orgId,
    grain,
    whole.filter((group) => !orgs.groups.has(groupKey(group))),
  );
  return due.length;
}
