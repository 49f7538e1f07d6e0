import { HOURLY_KPIS, type EpochMs, type ThresholdOverrides } from '@app/domain';
import { orgSettingsOf, type Queryable, type ThresholdSource } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';

/** What the stored rollups of an org were made with. */
export interface RollupState {
  /** Weeks and months that ended up to here are stored. */
  readonly closedUntil: EpochMs;
  readonly timezone: string;
  readonly thresholds: ThresholdSource;
}

const ofHours = (overrides: ThresholdOverrides): ThresholdOverrides =>
  Object.fromEntries(HOURLY_KPIS.flatMap((kpi) => (overrides[kpi] === undefined ? [] : [[kpi, overrides[kpi]]])));

const ofHoursBy = (layer: Readonly<Record<string, ThresholdOverrides>>): Record<string, ThresholdOverrides> =>
  Object.fromEntries(
    Object.entries(layer)
      .map(([name, overrides]) => [name, ofHours(overrides)] as const)
      .filter(([, overrides]) => Object.keys(overrides).length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

/** The part of the settings that decides about hours above thresholds of one org, without anything secret. */
export function thresholdSourceOf({ thresholds, orgs }: ThresholdSource, externalId: string): ThresholdSource {
  const own = thresholds.orgs[externalId] ?? thresholds.orgs[orgSettingsOf({ orgs }, externalId)?.id ?? ''] ?? {};
  return {
    orgs: [],
    thresholds: {
      default: ofHours(thresholds.default),
      orgs: ofHoursBy({ [externalId]: own }),
      regions: ofHoursBy(thresholds.regions),
      storeTypes: ofHoursBy(thresholds.storeTypes),
      sites: ofHoursBy(thresholds.sites),
      circuits: ofHoursBy(thresholds.circuits),
    },
  };
}

export async function findState(db: Queryable, orgId: number): Promise<RollupState | null> {
  const rows = await db.query<{ closed_until: number; timezone: string; thresholds: ThresholdSource }>(
    `select ${epochMs('closed_until')} as closed_until, timezone, thresholds from rollup_state where org_id = $1`,
    [orgId],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, closedUntil: msOf(row.closed_until) };
}

export async function storeState(db: Queryable, orgId: number, state: RollupState): Promise<void> {
  await db.query(
    `insert into rollup_state (org_id, closed_until, timezone, thresholds) values ($1, ${instant('$2::float8')}, $3, $4)
     on conflict (org_id) do update set closed_until = excluded.closed_until, timezone = excluded.timezone, thresholds = excluded.thresholds`,
    [orgId, state.closedUntil, state.timezone, JSON.stringify(state.thresholds)],
  );
}

/** Forgets all rollups of an org; the caller marks its hours. */
export async function removeRollups(db: Queryable, orgId: number): Promise<void> {
  const tables = ['day', 'week', 'month'].flatMap((grain) => [`circuit_${grain}`, `group_${grain}`]);
  for (const table of [...tables, 'circuit_sketch', 'rollup_group_due'])
    await db.query(`delete from ${table} where org_id = $1`, [orgId]);
}

/** Where circuits were, as stored: weeks and months apart, for every stored hour lies in a month or in a day after the last. */
export interface StoredPlace {
  readonly circuitId: number;
  readonly siteId: number;
  readonly region: string;
  readonly storeType: string | null;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Every place of every circuit with the time from its first to its last stored hour there. */
export async function storedPlaces(db: Queryable, orgId: number, openFrom: EpochMs): Promise<StoredPlace[]> {
  const rows = await db.query<StoredPlace>(
    `select circuit_id as "circuitId", site_id as "siteId", region, store_type as "storeType",
       ${epochMs('min(stretch_from)')} as "from", ${epochMs('max(stretch_to)')} as "to"
     from (select circuit_id, site_id, region, store_type, stretch_from, stretch_to from circuit_month where org_id = $1
           union all select circuit_id, site_id, region, store_type, stretch_from, stretch_to from circuit_day where org_id = $1 and start >= ${instant('$2::float8')}) p
     group by circuit_id, site_id, region, store_type`,
    [orgId, openFrom],
  );
  return rows.map((row) => ({ ...row, from: msOf(row.from), to: msOf(row.to) }));
}
