import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { instant } from '../facts/sql-time.js';
import { numberArray } from './columns.js';

export type RollupGrain = 'day' | 'week' | 'month';
export const ROLLUP_GRAINS: readonly RollupGrain[] = ['day', 'week', 'month'];

/** A period of which circuits with these attributes were folded. */
export interface DueRow {
  readonly grain: RollupGrain;
  readonly start: EpochMs;
  readonly region: string;
  readonly storeType: string | null;
  readonly provider: string | null;
}

/** The key of the one group that is the whole organization. */
export const ORG_KEY = '';

interface DueGroup {
  readonly grain: RollupGrain;
  readonly start: EpochMs;
  readonly level: string;
  readonly key: string;
}

const groupsOf = ({ grain, start, region, storeType, provider }: DueRow): DueGroup[] => [
  { grain, start, level: 'org', key: ORG_KEY },
  { grain, start, level: 'region', key: region },
  ...(storeType === null ? [] : [{ grain, start, level: 'store_type', key: storeType }]),
  ...(provider === null ? [] : [{ grain, start, level: 'provider', key: provider }]),
];

/** Says which groups have to be pooled again. Last in its transaction, for others that say so of the same group wait for its end. */
export async function addDueGroups(db: Queryable, orgId: number, rows: readonly DueRow[]): Promise<void> {
  const distinct = new Map<string, DueGroup>();
  for (const row of rows)
    for (const group of groupsOf(row)) distinct.set(`${group.grain} ${group.start} ${group.level} ${group.key}`, group);
  const groups = [...distinct.values()];
  if (groups.length === 0) return;
  await db.query(
    `insert into rollup_group_due (org_id, grain, start, level, key)
     select $1, u.grain, ${instant('u.start')}, u.level, u.key from unnest($2::text[], $3::float8[], $4::text[], $5::text[]) as u (grain, start, level, key)
     order by 2, 3, 4, 5 on conflict do nothing`,
    [
      orgId,
      groups.map(({ grain }) => grain),
      numberArray(groups.map(({ start }) => start)),
      groups.map(({ level }) => level),
      groups.map(({ key }) => key),
    ],
  );
}
