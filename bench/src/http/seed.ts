import { HOUR_MS } from '@app/domain';
import { ensurePartitions, upsertOrg, type Database } from '@app/shared';

export const CIRCUITS = 200;
export const HOURS = 31 * 24;
export const END_MS = Date.UTC(2026, 3, 1);
export const START_MS = END_MS - HOURS * HOUR_MS;
const PORTS = ['ge-0/0/0', 'ge-0/0/1'];

export interface SeededCircuits {
  readonly orgId: number;
  /** Keys and the ids people know, in one order. */
  readonly circuits: readonly { readonly key: number; readonly id: string }[];
}

/** A month of hour facts for each of 200 circuits, made inside the database. */
export async function seedHours(database: Database, org: string): Promise<SeededCircuits> {
  const { id: orgId } = await upsertOrg(database, { externalId: org, name: 'Example Retail' });
  await database.query(
    `insert into site (org_id, external_id, name) select $1, 'site-' || i, 'Site ' || i from generate_series(1, $2::int) i`,
    [orgId, CIRCUITS / PORTS.length],
  );
  await database.query(
    `insert into circuit (org_id, mac, port_id, site_id, is_live, first_observed_at, last_observed_at, facts_until, state, state_since, state_at)
     select $1, '0200' || lpad(to_hex(s.id), 8, '0'), p.port, s.id, true, $3, $4, $4, 'up', $3, $4
     from site s cross join unnest($2::text[]) as p (port) where s.org_id = $1 order by s.id`,
    [orgId, PORTS, new Date(START_MS), new Date(END_MS)],
  );
  await ensurePartitions(database, 'circuit_hour', [START_MS, END_MS - 1]);
  await database.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, utilization_pct, peak_utilization_pct,
       bandwidth_down_mbps, bandwidth_up_mbps, bandwidth_source, up_ms, down_ms, flaps, latency_count, latency_avg, latency_max, latency_p95,
       jitter_count, jitter_avg, jitter_max, jitter_p95, loss_count, loss_avg, loss_max, loss_p95, counter_reset)
     select c.org_id, c.id, h.hour, c.site_id, 'samples', (v.pct * 450000000)::bigint, (v.pct * 90000000)::bigint, 3600000, v.pct * 1200000, v.pct * 240000, v.pct, v.pct * 1.2,
       100, 100, 'configured', 3600000, 0, 0, 12, 20 + v.pct / 7, 40 + v.pct / 3, 35 + v.pct / 3, 12, v.pct / 13, v.pct / 9, v.pct / 10, 12, v.pct / 300, v.pct / 100, v.pct / 150, false
     from circuit c cross join generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') as h (hour)
     cross join lateral (select 40 + 35 * sin(c.id + extract(epoch from h.hour)::float8 / 13751) as pct) v
     where c.org_id = $1 order by c.id, h.hour`,
    [orgId, new Date(START_MS), new Date(END_MS)],
  );
  await database.query('vacuum analyze circuit_hour');
  const rows = await database.query<{ key: number; id: string }>(
    `select id as key, mac || ':' || port_id as id from circuit where org_id = $1 order by id`,
    [orgId],
  );
  return { orgId, circuits: rows };
}
