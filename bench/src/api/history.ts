import { HOUR_MS, type Span } from '@app/domain';
import { ensurePartitions, type Database, type PartitionedTable } from '@app/shared';
import { makeFleet, storeHours, type Fleet } from '../windows/fleet.js';

export const CIRCUITS = 10_000;
/** Circuits of which every hour of the month is stored. */
export const HOURLY_CIRCUITS = 200;
export const HOURS = 31 * 24;
export const MONTH: Span = { from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 3, 1) };
export const YEAR: Span = { from: Date.UTC(2025, 2, 1), to: MONTH.to };
const DAY_MS = 24 * HOUR_MS;

/** Masks of the hours of a day, and runs of hours of a longer stretch, for 4 KPIs at 3 levels. */
const GRAINS = [
  { grain: 'day', above: 12 },
  { grain: 'week', above: 48 },
  { grain: 'month', above: 48 },
] as const;

/** Ten thousand circuits with thirteen months of days, weeks and months, and a month of hours of some of them, made inside the database. */
export async function seedHistory(
  database: Database,
  name: string,
): Promise<Fleet & { readonly hourly: readonly { readonly key: number; readonly id: string }[] }> {
  const fleet = await makeFleet(database, name, { circuits: CIRCUITS, span: YEAR });
  const hourly = await database.query<{ key: number; id: string }>(
    `select id as key, mac || ':' || port_id as id from circuit where org_id = $1 order by id limit $2`,
    [fleet.org.id, HOURLY_CIRCUITS],
  );
  await storeHours(database, fleet, MONTH, { circuitIds: hourly.map(({ key }) => key) });
  for (const { grain, above } of GRAINS) await storePeriods(database, fleet, grain, above);
  await database.query(`insert into rollup_state (org_id, closed_until, timezone, thresholds) values ($1, $2, 'UTC', '{}')`, [
    fleet.org.id,
    new Date(MONTH.to),
  ]);
  await database.query('vacuum analyze circuit_day, circuit_week, circuit_month, rollup_state');
  return { ...fleet, hourly };
}

/** A row for each circuit and whole day, ISO week or month of the year. */
async function storePeriods(
  database: Database,
  { org }: Fleet,
  grain: (typeof GRAINS)[number]['grain'],
  above: number,
): Promise<void> {
  const days = Array.from({ length: (YEAR.to - YEAR.from) / DAY_MS }, (_, day) => YEAR.from + day * DAY_MS);
  await ensurePartitions(database, `circuit_${grain}` satisfies PartitionedTable, days);
  await database.query(
    `insert into circuit_${grain} (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, facts, covered_ms, rx_bytes, tx_bytes, util_hours,
       util_weight_ms, util_sum, util_max, util_p95, util_peak, up_ms, down_ms, flaps, latency_count, latency_sum, latency_max, latency_p95, latency_sketched,
       jitter_count, jitter_sum, jitter_max, jitter_p95, jitter_sketched, loss_count, loss_sum, loss_max, loss_p95, loss_sketched, above)
     select c.org_id, c.id, p.start, p.start, p.stop, c.site_id, a.region, p.hours, p.ms, v.pct * 450000000::numeric, v.pct * 90000000::numeric, p.hours,
       p.ms, v.pct * p.ms, v.pct * 1.2, v.pct * 1.1, v.pct * 1.3, p.ms, 0, 0, p.hours * 12, p.hours * 12 * (20 + v.pct / 3), 60 + v.pct, 35 + v.pct, 0,
       p.hours * 12, p.hours * v.pct, v.pct / 5, v.pct / 6, 0, p.hours * 12, p.hours * v.pct / 90, v.pct / 50, v.pct / 60, 0, array_fill(0, array[$4::int])
     from generate_series($2::timestamptz, $3::timestamptz - interval '1 ${grain}', interval '1 ${grain}') as g (start)
     cross join lateral (select g.start, g.start + interval '1 ${grain}' as stop) e
     cross join lateral (select e.start, e.stop, (extract(epoch from e.stop - e.start) / 3600)::int as hours, (extract(epoch from e.stop - e.start) * 1000)::bigint as ms) p
     cross join circuit c join site_attribute a on a.org_id = c.org_id and a.site_id = c.site_id
     cross join lateral (select 40 + 35 * sin(c.id + extract(epoch from p.start)::float8 / 137513) as pct) v
     where c.org_id = $1 order by p.start, c.id`,
    [org.id, new Date(grain === 'week' ? MONDAY : YEAR.from), new Date(YEAR.to), above],
  );
}

/** The first Monday of the year of history. */
const MONDAY = Date.UTC(2025, 2, 3);
