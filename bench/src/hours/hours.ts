import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { FACT_PARTS, type FactPart } from '@app/analyzer';
import { DEFAULT_THRESHOLDS, HOUR_MS, windowKpis, type FoldableHour, type Span } from '@app/domain';
import { ensurePartitions, storedHours, trailingWindows, type Database } from '@app/shared';
import { median, round, table, type Benchmark, type Outcome } from '../outcome.js';
import { mustBe, reached, startAnalyzer, startRig, type Rig } from '../rig.js';
import { makeFleet, storeHours, timed, type Fleet } from '../windows/fleet.js';

const CIRCUITS = 6_416;
const LENGTHS = [3, 12, 24];
const HISTORY = 24;
const RUNS = 3;
const TARGET_MS = 1_000;
const START_MS = Date.UTC(2026, 2, 2);
/** The first hour that is closed; all before it is there. */
const FIRST_MS = START_MS + HISTORY * HOUR_MS;

/** Polls of one hour and the one after it, every five minutes, and two paths for each circuit. */
async function storeSamples({ database }: Rig, { org }: Fleet, { from, to }: Span): Promise<void> {
  await ensurePartitions(database, 'port_sample', [from, to]);
  await ensurePartitions(database, 'path_sample', [from, to]);
  await ensurePartitions(database, 'hour_sketch', [from, to]);
  const polls = `generate_series($2::timestamptz, $3::timestamptz, interval '5 minutes') as p (at)`;
  const wave = '(c.id * 7 + extract(epoch from p.at)::bigint / 300 * 13) % 50';
  await database.query(
    `insert into port_sample (org_id, circuit_id, at, received_at, batch_id, rx_bytes, tx_bytes, uptime_s, latency_ms, jitter_ms, loss_pct, speed_mbps, counter_bits, up, active, disabled)
     select $1, c.id, p.at, p.at, 1, 1e12 + extract(epoch from p.at - $4::timestamptz) * 1e6 + c.id, 3e11 + extract(epoch from p.at - $4::timestamptz) * 2e5, 1000000,
       null, null, null, 1000, 64, true, true, false
     from circuit c cross join ${polls} where c.org_id = $1 on conflict do nothing`,
    [org.id, new Date(from), new Date(to), new Date(START_MS)],
  );
  await database.query(
    `insert into path_sample (org_id, device_id, port_name, peer, at, received_at, latency_ms, jitter_ms, loss_pct, up, active)
     select $1, d.id, c.port_id, peer, p.at, p.at, 15 + ${wave} / 2.0, 1 + ${wave} / 20.0, 0, true, peer = 'a'
     from circuit c join device d on d.org_id = $1 and d.mac = c.mac cross join unnest(array['a', 'b']) as peer cross join ${polls}
     where c.org_id = $1 on conflict do nothing`,
    [org.id, new Date(from), new Date(to)],
  );
  await database.query('update circuit set last_observed_at = $2, state_at = $2, last_counters_at = $2 where org_id = $1', [
    org.id,
    new Date(to),
  ]);
  await database.query('vacuum analyze port_sample, path_sample, circuit');
}

/** Time by part, over all transactions: two run at once, so the sum may be more than the whole. */
const partMs: Record<FactPart['part'], number> = { read: 0, compute: 0, store: 0, paths: 0 };
subscribe(FACT_PARTS, (message) => {
  const { part, ms } = message as FactPart;
  partMs[part] += ms;
});

/** Milliseconds of CPU so far: of this process, and of each Postgres backend where they run on this Linux machine. */
async function cpuMs({ database }: Rig): Promise<{ node: number; backends: ReadonlyMap<number, number> }> {
  const { user, system } = process.cpuUsage();
  const rows = await database.query<{ pid: number }>('select pid from pg_stat_activity where datname = current_database()');
  return { node: (user + system) / 1000, backends: new Map(rows.map(({ pid }) => [pid, cpuOfProcess(pid)])) };
}

/** From the kernel's ticks of ten milliseconds; 0 where the process is on another machine. */
function cpuOfProcess(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const fields = readFileSync(file, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Whether no circuit is left. It is asked while the time runs: mostly it ends at the first one that is. */
const CLOSED = `select (not exists (select from circuit where org_id = $1 and (facts_until is null or facts_until < $2)))::int as count`;

/** From the job on the queue to the facts of every circuit, as the live system closes an hour. */
async function closeHour(rig: Rig, { org, circuits }: Fleet, hour: number) {
  for (const part of ['read', 'compute', 'store', 'paths'] as const) partMs[part] = 0;
  const before = await cpuMs(rig);
  const end = hour + HOUR_MS;
  rig.clock.set(end + 30_000);
  await rig.publisher.publish('close-hours', { orgId: org.externalId });
  const { ms } = await timed(() => reached(rig.database, 1, { sql: CLOSED, values: [org.id, new Date(end)], everyMs: 20 }));
  const after = await cpuMs(rig);
  const ofBackends = [...after.backends].map(([pid, cpu]) => cpu - (before.backends.get(pid) ?? 0));
  const [facts] = await rig.database.query<{ count: number; known: number; covered: number; latency: number }>(
    `select count(*)::int as count, sum(up_ms)::float8 as known, sum(covered_ms)::float8 as covered, sum(latency_count)::int as latency
     from circuit_hour where org_id = $1 and hour = $2`,
    [org.id, new Date(hour)],
  );
  mustBe('facts of the hour', facts?.count, circuits);
  mustBe('milliseconds up', facts?.known, circuits * HOUR_MS);
  mustBe('milliseconds covered by counters', facts?.covered, circuits * HOUR_MS);
  mustBe('readings of latency', facts?.latency, circuits * 12);
  return {
    closeMs: ms,
    parts: { ...partMs },
    nodeCpuMs: after.node - before.node,
    postgresCpuMs: ofBackends.reduce((a, b) => a + b, 0),
  };
}

/** A bare statement over the same samples: what Postgres alone needs for an hour's simplest figures. */
async function bareHour({ database }: Rig, { org }: Fleet, hour: number): Promise<number> {
  await database.query(
    `create table if not exists bare_hour (org_id int, circuit_id int, rx bigint, tx bigint, polls bigint);
     create table if not exists bare_path_hour (org_id int, device_id int, port text, latency float8, jitter float8, loss float8, worst float8)`,
  );
  await database.query('truncate bare_hour, bare_path_hour');
  const inHour = [org.id, new Date(hour), new Date(hour + HOUR_MS)];
  const { ms } = await timed(async () => {
    await database.query(
      `insert into bare_hour select org_id, circuit_id, max(rx_bytes) - min(rx_bytes), max(tx_bytes) - min(tx_bytes), count(*)
       from port_sample where org_id = $1 and at >= $2 and at < $3 group by 1, 2`,
      inHour,
    );
    await database.query(
      `insert into bare_path_hour select org_id, device_id, port_name, avg(latency_ms), avg(jitter_ms), avg(loss_pct), max(latency_ms)
       from path_sample where org_id = $1 and at >= $2 and at < $3 and active group by 1, 2, 3`,
      inHour,
    );
  });
  return ms;
}

async function readOnly(database: Database, orgId: number, span: Span): Promise<number> {
  let hours = 0;
  for await (const batch of storedHours(database, { orgId, span })) hours += batch.length;
  return hours;
}

async function windowsAfter(rig: Rig, { org, circuits }: Fleet, end: number) {
  const span = { from: end - HISTORY * HOUR_MS, to: end };
  const read = await timed(() => readOnly(rig.database, org.id, span));
  const made = await timed(() => trailingWindows(rig.database, { org, end, lengths: LENGTHS, settings: rig.runtime.settings }));
  const { result } = made;
  mustBe('circuits with windows', result.circuits.size, circuits);
  mustBe('hours read', result.hours, read.result);
  const [first] = await rig.database.query<{ id: number }>('select max(id) as id from circuit where org_id = $1', [org.id]);
  const facts: FoldableHour[] = [];
  for await (const batch of storedHours(rig.database, { orgId: org.id, span, circuitIds: [first?.id ?? 0] }))
    for (const { fact } of batch) facts.push(fact);
  const expected = LENGTHS.map((length) => windowKpis(facts, { from: end - length * HOUR_MS, to: end }, DEFAULT_THRESHOLDS));
  mustBe('windows of a circuit', JSON.stringify(result.circuits.get(first?.id ?? 0)), JSON.stringify(expected));
  let regional = 0;
  for (const windows of result.groups.region.values()) regional += windows[2]?.facts ?? 0;
  mustBe('hours in windows of regions', regional, result.groups.org.get(org.externalId)?.[2]?.facts);
  return { readMs: read.ms, totalMs: made.ms, hours: result.hours };
}

interface HourRun {
  readonly closeMs: number;
  readonly parts: Readonly<Record<FactPart['part'], number>>;
  readonly nodeCpuMs: number;
  readonly postgresCpuMs: number;
  readonly bareMs: number;
  readonly readMs: number;
  readonly totalMs: number;
  readonly hours: number;
}

const PART_NAMES: Readonly<Record<FactPart['part'], string>> = {
  read: 'reading samples, paths, events and what surrounds them',
  compute: 'computing facts and states',
  store: 'storing facts, sketches, marks and states',
  paths: 'hours of peer paths: reading, computing, storing',
};

function logRun(i: number, run: HourRun, log: (line: string) => void): void {
  const ms = (value: number): string => `${round(value, 0)} ms`;
  const parts = (['read', 'compute', 'store', 'paths'] as const).map((part) => `${part} ${ms(run.parts[part])}`).join(', ');
  log(
    `  hour ${i + 1}: facts ${ms(run.closeMs)} (${parts}; CPU ${ms(run.nodeCpuMs)} here, ${ms(run.postgresCpuMs)} Postgres; bare SQL ${ms(run.bareMs)}), windows ${ms(run.totalMs)} of ${run.hours} hours (reading alone ${ms(run.readMs)})`,
  );
}

function outcomeOf(runs: readonly HourRun[], log: (line: string) => void): Outcome {
  const of = (pick: (run: (typeof runs)[number]) => number): number => round(median(runs.map(pick)), 0);
  const [closeMs, totalMs] = [of((run) => run.closeMs), of((run) => run.totalMs)];
  log(
    table([
      [`${CIRCUITS} circuits`, 'ms', 'target'],
      ['facts of one hour: 12 + 1 polls and 2 x 13 path readings each', closeMs, TARGET_MS],
      ...(['read', 'compute', 'store', 'paths'] as const).map((part) => [
        `  ${PART_NAMES[part]}`,
        of((run) => run.parts[part]),
        '',
      ]),
      ['  CPU of the services (with reading what is asked here)', of((run) => run.nodeCpuMs), ''],
      ['  CPU of Postgres', of((run) => run.postgresCpuMs), ''],
      ['bare SQL aggregates of the same samples', of((run) => run.bareMs), ''],
      ['3/12/24 h windows of all circuits, regions and the org', totalMs, TARGET_MS],
      ['of which reading the hours', of((run) => run.readMs), ''],
    ]),
  );
  return {
    bench: 'hours',
    ours: closeMs,
    floor: of((run) => run.bareMs),
    ratio: round(of((run) => run.bareMs) / closeMs),
    unit: 'ms for the facts of an hour',
    target: TARGET_MS,
    met: closeMs < TARGET_MS && totalMs < TARGET_MS,
    facts_node_cpu_ms: of((run) => run.nodeCpuMs),
    facts_postgres_cpu_ms: of((run) => run.postgresCpuMs),
    windows_ms: totalMs,
    windows_reading_ms: of((run) => run.readMs),
    windows_target_ms: TARGET_MS,
    repetitions: RUNS,
  };
}

/** One hour of all circuits, incrementally: its facts, and then every trailing window of circuits, regions and the org. */
export const hours: Benchmark = async (context) => {
  const { log } = context;
  const rig = await startRig('hours', FIRST_MS, context);
  try {
    log(rig.description);
    const fleet = await makeFleet(rig.database, 'hours', { circuits: CIRCUITS, span: { from: START_MS, to: FIRST_MS } });
    await storeHours(rig.database, fleet, { from: START_MS, to: FIRST_MS }, { order: 'hour' });
    await ensurePartitions(rig.database, 'circuit_hour', [FIRST_MS + RUNS * HOUR_MS]);
    const { service } = await startAnalyzer(rig);
    // The analyzer closes hours when it starts; a job published meanwhile would count as the same one.
    await delay(5_000);
    const runs: HourRun[] = [];
    try {
      for (let i = 0; i < RUNS; i++) {
        const hour = FIRST_MS + i * HOUR_MS;
        await storeSamples(rig, fleet, { from: hour, to: hour + HOUR_MS });
        const bareMs = await bareHour(rig, fleet, hour);
        const closed = await closeHour(rig, fleet, hour);
        runs.push({ ...closed, bareMs, ...(await windowsAfter(rig, fleet, hour + HOUR_MS)) });
        runs.slice(-1).forEach((run) => logRun(i, run, log));
      }
    } finally {
      await service.close();
    }
    return outcomeOf(runs, log);
  } finally {
    await rig.close();
  }
};
