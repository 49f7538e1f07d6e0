import { ensurePartitions, upsertOrg, type Database } from '@app/shared';

const HOUR_MS = 3_600_000;

/** Hour facts of a seeded circuit, oldest first; `null` leaves a gap. */
export interface SeededHour {
  readonly rxBytes: number | null;
  readonly txBytes?: number;
  readonly coveredS?: number;
  readonly utilizationPct: number | null;
  readonly upMinutes?: number;
  readonly downMinutes?: number;
  readonly flaps?: number;
  readonly latency?: { readonly count: number; readonly avg: number; readonly max: number; readonly p95: number };
}

export interface SeededCircuit {
  readonly mac: string;
  readonly portId: string;
  readonly name: string;
  readonly state: 'up' | 'down';
  readonly hours?: readonly (SeededHour | null)[];
}

export interface SeededSite {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly circuits: readonly SeededCircuit[];
  /** Newest judgement by metric. */
  readonly sle?: Readonly<Record<string, { readonly score: number; readonly severity: string }>>;
}

export interface Seed {
  readonly orgId: string;
  readonly name: string;
  /** End of the last seeded hour is the whole hour before this. */
  readonly now: number;
  readonly sites: readonly SeededSite[];
}

/** Puts an org with sites, circuits, hour facts, states and service levels into a database, as the analyzer would have left them. */
export async function seedOrg(db: Database, seed: Seed): Promise<{ orgId: number }> {
  const org = await upsertOrg(db, { externalId: seed.orgId, name: seed.name });
  for (const site of seed.sites) await seedSite(db, { org: org.id, now: seed.now }, site);
  return { orgId: org.id };
}

interface Place {
  readonly org: number;
  readonly now: number;
}

async function insertId(db: Database, sql: string, values: readonly unknown[]): Promise<number> {
  const [row] = await db.query<{ id: number }>(`${sql} returning id`, values);
  if (row === undefined) throw new Error('The seed row was not stored.');
  return row.id;
}

async function seedSite(db: Database, place: Place, site: SeededSite): Promise<void> {
  const siteId = await insertId(db, 'insert into site (org_id, external_id, name) values ($1, $2, $3)', [
    place.org,
    site.id,
    site.name,
  ]);
  await db.query(
    `insert into site_attribute (org_id, site_id, source, since, region) values ($1, $2, 'configured', '-infinity', $3)`,
    [place.org, siteId, site.region],
  );
  for (const [metric, { score, severity }] of Object.entries(site.sle ?? {})) {
    await db.query(
      `insert into site_sle (org_id, site_id, metric, at, score, severity, title, text, num_aps, num_clients) values ($1, $2, $3, $4, $5, $6, $3, $7, 4, 20)`,
      [place.org, siteId, metric, new Date(place.now), score, severity, `${(score * 100).toFixed(1)}% - 4 APs, 20 clients`],
    );
  }
  for (const circuit of site.circuits) await seedCircuit(db, { ...place, siteId }, circuit);
}

async function seedCircuit(db: Database, place: Place & { siteId: number }, circuit: SeededCircuit): Promise<void> {
  const now = new Date(place.now);
  const circuitId = await insertId(
    db,
    `insert into circuit (org_id, mac, port_id, site_id, is_live, first_observed_at, last_observed_at, facts_until, state, state_since, state_at)
     values ($1, $2, $3, $4, true, $5, $5, date_trunc('hour', $5::timestamptz), $6, $5::timestamptz - interval '2 hours', $5)`,
    [place.org, circuit.mac, circuit.portId, place.siteId, now, circuit.state],
  );
  await db.query(
    `insert into circuit_attribute (org_id, circuit_id, source, since, name, role, bandwidth_down_mbps, bandwidth_up_mbps)
     values ($1, $2, 'configured', '-infinity', $3, 'primary', 100, 100)`,
    [place.org, circuitId, circuit.name],
  );
  await db.query(
    `insert into circuit_state (org_id, circuit_id, from_at, to_at, state) values ($1, $2, $3::timestamptz - interval '2 hours', $3, $4)`,
    [place.org, circuitId, now, circuit.state],
  );
  const hours = circuit.hours ?? [];
  const end = Math.floor(place.now / HOUR_MS) * HOUR_MS;
  const dated = hours.flatMap((hour, index) => (hour === null ? [] : [{ hour, at: end - (hours.length - index) * HOUR_MS }]));
  await ensurePartitions(
    db,
    'circuit_hour',
    dated.map(({ at }) => at),
  );
  for (const { hour, at } of dated) await seedHour(db, { ...place, circuitId }, { hour, at });
}

async function seedHour(
  db: Database,
  place: { org: number; siteId: number; circuitId: number },
  { hour, at }: { hour: SeededHour; at: number },
): Promise<void> {
  const quality = hour.latency ?? { count: 0, avg: null, max: null, p95: null };
  await db.query(
    `insert into circuit_hour (org_id, circuit_id, site_id, hour, source, rx_bytes, tx_bytes, covered_ms, utilization_pct, peak_utilization_pct,
       bandwidth_down_mbps, bandwidth_up_mbps, bandwidth_source, up_ms, down_ms, flaps, latency_count, latency_avg, latency_max, latency_p95,
       jitter_count, loss_count, counter_reset)
     values ($1, $2, $3, $4, 'samples', $5, $6, $7, $8, $8, 100, 100, 'configured', $9, $10, $11, $12, $13, $14, $15, 0, 0, false)`,
    [
      place.org,
      place.circuitId,
      place.siteId,
      new Date(at),
      hour.rxBytes,
      hour.txBytes ?? 0,
      (hour.coveredS ?? 3600) * 1000,
      hour.utilizationPct,
      (hour.upMinutes ?? 60) * 60_000,
      (hour.downMinutes ?? 0) * 60_000,
      hour.flaps ?? 0,
      quality.count,
      quality.avg,
      quality.max,
      quality.p95,
    ],
  );
}
