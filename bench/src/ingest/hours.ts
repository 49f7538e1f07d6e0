import { HOUR_MS } from '@app/domain';
import { ensurePartitions, upsertOrg, type RawBatch } from '@app/shared';
import { mustBe, reached, startAnalyzer, type Rig } from '../rig.js';
import { batchOf, type Run, type Shape } from './shape.js';

/** A Monday; nothing depends on it. */
export const BASE_MS = Date.UTC(2026, 2, 2);
const CIRCUITS = 2_000;
const HOURS = 3;
const PER_HOUR = 12;
const STEP_MS = HOUR_MS / PER_HOUR;
const CIRCUITS_A_PAGE = 83;
const PORTS = ['ge-0/0/0', 'ge-0/0/1'];
/** One circuit in so many is down in the last two polls. */
const DOWN_EVERY = 100;
const DOWN_POLLS = 2;
const BYTES_A_STEP = 300_000_000;

const LAST_POLL = HOURS * PER_HOUR - 1;
const SAMPLES = CIRCUITS * HOURS * PER_HOUR;
const NOW_MS = BASE_MS + HOURS * HOUR_MS + 60_000;

const isDown = (circuit: number, poll: number): boolean => circuit % DOWN_EVERY === 0 && poll > LAST_POLL - DOWN_POLLS;
const macOf = (circuit: number): string =>
  `0200${Math.floor(circuit / PORTS.length)
    .toString(16)
    .padStart(8, '0')}`;
const siteOf = (circuit: number): string => `site-${Math.floor(circuit / PORTS.length)}`;

function reading(circuit: number, poll: number): Record<string, unknown> {
  const at = new Date(BASE_MS + poll * STEP_MS).toISOString();
  const bytes = 1e12 + circuit * 1e9 + poll * BYTES_A_STEP;
  const wave = (circuit * 7 + poll * 13) % 50;
  return {
    timestamp: at,
    site_id: siteOf(circuit),
    mac: macOf(circuit),
    port_id: PORTS[circuit % PORTS.length],
    up: !isDown(circuit, poll),
    rx_bytes: bytes,
    tx_bytes: Math.round(bytes / 3),
    uptime_s: 1_000_000 + poll * (STEP_MS / 1000),
    counter_bits: 64,
    speed_mbps: 1000,
    latency_ms: 15 + wave / 2,
    jitter_ms: 1 + wave / 20,
    loss_pct: wave === 0 ? 0.2 : 0,
    received_at: at,
  };
}

/** Pages of some thousand rows: 83 circuits with the 12 samples of an hour each. */
function batches(org: string): RawBatch[] {
  const pages: RawBatch[] = [];
  for (let hour = 0; hour < HOURS; hour++) {
    for (let first = 0; first < CIRCUITS; first += CIRCUITS_A_PAGE) {
      const records: Record<string, unknown>[] = [];
      for (let circuit = first; circuit < Math.min(CIRCUITS, first + CIRCUITS_A_PAGE); circuit++)
        for (let poll = hour * PER_HOUR; poll < (hour + 1) * PER_HOUR; poll++) records.push(reading(circuit, poll));
      pages.push(batchOf({ org, kind: 'port-samples', page: pages.length, observedAt: NOW_MS, records }));
    }
  }
  return pages;
}

/** Sites, gateways and circuits are known before the first sample of an hour arrives, as they are in all hours but the first. */
async function knowCircuits({ database }: Rig, orgId: number): Promise<void> {
  const circuits = Array.from({ length: CIRCUITS }, (_, circuit) => circuit);
  const gateways = circuits.filter((circuit) => circuit % PORTS.length === 0);
  await database.query('insert into site (org_id, external_id) select $1, u.id from unnest($2::text[]) as u (id)', [
    orgId,
    gateways.map(siteOf),
  ]);
  await database.query(
    `insert into device (org_id, mac, site_id, type) select $1, u.mac, s.id, 'gateway' from unnest($2::text[], $3::text[]) as u (mac, site)
     join site s on s.org_id = $1 and s.external_id = u.site`,
    [orgId, gateways.map(macOf), gateways.map(siteOf)],
  );
  await database.query(
    `insert into circuit (org_id, mac, port_id, site_id) select $1, u.mac, u.port, d.site_id from unnest($2::text[], $3::text[]) as u (mac, port)
     join device d on d.org_id = $1 and d.mac = u.mac`,
    [orgId, circuits.map(macOf), circuits.map((circuit) => PORTS[circuit % PORTS.length])],
  );
  await ensurePartitions(database, 'circuit_hour', [BASE_MS, NOW_MS]);
  await database.query('analyze site, device, circuit');
}

async function check({ database }: Rig, orgId: number): Promise<void> {
  const [samples] = await database.query<{ count: number }>('select count(*)::int as count from port_sample where org_id = $1', [
    orgId,
  ]);
  mustBe('number of samples', samples?.count, SAMPLES);
  const [facts] = await database.query<Record<'count' | 'covered' | 'up' | 'down' | 'bytes', number>>(
    `select count(*)::int as count, sum(covered_ms)::float8 as covered, sum(up_ms)::float8 as up, sum(down_ms)::float8 as down, sum(rx_bytes)::float8 as bytes
     from circuit_hour where org_id = $1`,
    [orgId],
  );
  const down = (CIRCUITS / DOWN_EVERY) * DOWN_POLLS * STEP_MS;
  mustBe('number of hour facts', facts?.count, CIRCUITS * HOURS);
  mustBe('milliseconds covered by counters', facts?.covered, CIRCUITS * LAST_POLL * STEP_MS);
  mustBe('milliseconds down', facts?.down, down);
  mustBe('milliseconds up', facts?.up, CIRCUITS * HOURS * HOUR_MS - down);
  mustBe('bytes received', facts?.bytes, CIRCUITS * LAST_POLL * BYTES_A_STEP);
  const [alerts] = await database.query<{ count: number }>(
    `select count(*)::int as count from alert where org_id = $1 and rule = 'circuit-down' and status = 'firing'`,
    [orgId],
  );
  mustBe('number of alerts', alerts?.count, CIRCUITS / DOWN_EVERY);
}

async function run(rig: Rig, org: string): Promise<Run> {
  rig.clock.set(NOW_MS);
  const { id: orgId } = await upsertOrg(rig.database, { externalId: org });
  await knowCircuits(rig, orgId);
  const pages = batches(org);
  await rig.publisher.publishMany('ingest-batch', pages);
  const { service, readyAt } = await startAnalyzer(rig);
  try {
    await reached(rig.database, pages.length, {
      sql: 'select count(*)::int as count from batch where org_id = $1',
      values: [orgId],
    });
    const ms = performance.now() - readyAt;
    await check(rig, orgId);
    return { orgId, ms, closingMs: 0 };
  } finally {
    await service.close();
  }
}

/** Whole circuit-hours in a page, as a collector that was away, or a backfill, hands them over. */
export const HOURS_SHAPE: Shape = {
  key: 'hours',
  name: '12 samples of a circuit-hour a page',
  samples: SAMPLES,
  pagesBefore: 0,
  run,
};
