import { HOUR_MS, type Span } from '@app/domain';
import { ensurePartitions, upsertOrg, type Database, type OrgRow } from '@app/shared';

const PORTS = ['ge-0/0/0', 'ge-0/0/1'];
const REGIONS = 8;

export interface Fleet {
  readonly org: OrgRow;
  readonly circuits: number;
}

/** Sites with two circuits each, in eight regions, with bought bandwidth; all of them observed over the span. */
export async function makeFleet(
  database: Database,
  name: string,
  { circuits, span }: { circuits: number; span: Span },
): Promise<Fleet> {
  const org = await upsertOrg(database, { externalId: name });
  await database.query(
    `insert into site (org_id, external_id, name) select $1, 'site-' || i, 'Site ' || i from generate_series(1, $2::int) i`,
    [org.id, circuits / PORTS.length],
  );
  await database.query(
    `insert into site_attribute (org_id, site_id, source, since, region)
     select $1, id, 'configured', '-infinity', 'region-' || id % $2::int from site where org_id = $1`,
    [org.id, REGIONS],
  );
  await database.query(
    `insert into device (org_id, mac, site_id, type) select $1, '0200' || lpad(to_hex(id), 8, '0'), id, 'gateway' from site where org_id = $1`,
    [org.id],
  );
  await database.query(
    `insert into circuit (org_id, mac, port_id, site_id, wan_name, is_live, first_observed_at, last_observed_at, facts_until, state, state_since, state_at, state_source)
     select $1, d.mac, p.port, d.site_id, 'wan' || p.i, true, $3, $4, $4, 'up', $3, $4, 'poll'
     from device d cross join unnest($2::text[]) with ordinality as p (port, i) where d.org_id = $1 order by d.id, p.i`,
    [org.id, PORTS, new Date(span.from), new Date(span.to)],
  );
  await database.query(
    `insert into circuit_attribute (org_id, circuit_id, source, since, bandwidth_down_mbps, bandwidth_up_mbps)
     select $1, id, 'configured', '-infinity', 100, 20 from circuit where org_id = $1`,
    [org.id],
  );
  await database.query('update circuit set rederive_due = false where org_id = $1', [org.id]);
  await database.query('vacuum analyze site, site_attribute, device, circuit, circuit_attribute');
  return { org, circuits };
}

/** Days with a busy noon, some of it above thresholds; one hour in a hundred is missing. */
export async function storeHours(
  database: Database,
  { org }: Fleet,
  span: Span,
  { order = 'circuit', circuitIds = null }: { order?: 'circuit' | 'hour'; circuitIds?: readonly number[] | null } = {},
): Promise<void> {
  const instants: number[] = [];
  for (let at = span.from; at < span.to; at += 24 * HOUR_MS) instants.push(at);
  await ensurePartitions(database, 'circuit_hour', [...instants, span.to - 1]);
  await database.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, utilization_pct, peak_utilization_pct,
       bandwidth_down_mbps, bandwidth_up_mbps, bandwidth_source, up_ms, down_ms, flaps, latency_count, latency_avg, latency_max, latency_p95,
       jitter_count, jitter_avg, jitter_max, jitter_p95, loss_count, loss_avg, loss_max, loss_p95, counter_reset)
     select c.org_id, c.id, h.hour, c.site_id, 'samples', (v.pct * 450000000)::bigint, (v.pct * 90000000)::bigint, 3300000 + (n.i % 11) * 30000, v.pct * 1200000, v.pct * 240000,
       v.pct, v.pct * 1.2, 100, 20, 'configured', 3600000 - d.ms, d.ms, (d.ms > 0)::int, 12, 20 + v.pct / 2.5, 40 + v.pct, 35 + v.pct,
       12, v.pct / 9, v.pct / 5, v.pct / 6, 12, v.pct / 900, v.pct / 100, v.pct / 150, false
     from circuit c cross join generate_series($2::timestamptz, $3::timestamptz - interval '1 hour', interval '1 hour') as h (hour)
     cross join lateral (select c.id * 7919 + (extract(epoch from h.hour) / 3600)::int % 9973 * 1031 as i) n
     cross join lateral (select 8 + c.id % 47 + 35 * power(sin((extract(epoch from h.hour)::float8 / 86400 + c.id % 5 / 24.0) * pi()), 4) + n.i % 1009 / 100.0 as pct) v
     cross join lateral (select case when n.i % 211 = 0 then 300000 else 0 end as ms) d
     where c.org_id = $1 and n.i % 101 <> 0 and ($4::int[] is null or c.id = any($4)) order by ${order === 'circuit' ? 'c.id, h.hour' : 'h.hour, c.id'}`,
    [org.id, new Date(span.from), new Date(span.to), circuitIds],
  );
  await database.query('vacuum analyze circuit_hour');
}

/** Milliseconds that the work took, and what it gave. */
export async function timed<T>(work: () => Promise<T> | T): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await work();
  return { ms: performance.now() - start, result };
}
