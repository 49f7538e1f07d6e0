import { drainRollups, importFile } from '@app/analyzer';
import { HOUR_MS } from '@app/domain';
import { ensurePartitions } from '@app/shared';
import { median, round, table, type Benchmark, type Outcome } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { makeFleet, storeHours, timed, type Fleet } from '../windows/fleet.js';

const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.UTC(2026, 3, 1);
const MONTHS = 13;
const START_MS = Date.UTC(2025, 2, 1);
/** The first late hour lies on a Wednesday twelve months ago; each next one in a day, week and month of its own. */
const LATE_MS = Date.UTC(2025, 3, 9, 10);
const STEP_MS = 35 * DAY_MS;
const ALL_CIRCUITS = 6_416;
const TARGET_MS = 1_000;
const RUNS = 3;
/** Of the circuit itself, not of the one it got its rows from. */
const OWN_COLUMNS = new Set(['site_id', 'region']);
const TABLES = ['circuit_day', 'circuit_week', 'circuit_month', 'circuit_sketch'];

/** Hours of one circuit through the real pipeline; its rows of every grain are then given to all other circuits, at their own sites and in their own regions. */
async function seed(rig: Rig, fleet: Fleet): Promise<void> {
  const { database } = rig;
  const { org } = fleet;
  const all = await database.query<{ id: number }>('select id from circuit where org_id = $1 order by id', [org.id]);
  const template = all[0]?.id ?? 0;
  await storeHours(database, fleet, { from: START_MS, to: NOW_MS }, { circuitIds: [template] });
  await database.query('insert into rollup_mark (org_id, circuit_id, from_hour, to_hour) values ($1, $2, $3, $4)', [
    org.id,
    template,
    new Date(START_MS),
    new Date(NOW_MS - 1),
  ]);
  await drain(rig, fleet);
  for (const name of TABLES) {
    const columns = await database.query<{ column: string }>(
      `select column_name as "column" from information_schema.columns where table_name = $1 and table_schema = 'public' and column_name not in ('org_id', 'circuit_id')`,
      [name],
    );
    const list = columns.map(({ column }) => column);
    const values = list.map((column) => (OWN_COLUMNS.has(column) ? `c.${column}` : `t.${column}`));
    await database.query(
      `insert into ${name} (org_id, circuit_id, ${list.join(', ')}) select t.org_id, c.id, ${values.join(', ')}
       from ${name} t cross join (select c.id, c.site_id, a.region from circuit c join site_attribute a on a.org_id = c.org_id and a.site_id = c.site_id
         where c.org_id = $1 and c.id <> $2) c where t.org_id = $1 and t.circuit_id = $2`,
      [org.id, template],
    );
    await database.query(`analyze ${name}`);
  }
  await poolAround(rig, fleet);
}

/** The groups that the late hours will change are pooled of all circuits beforehand. */
async function poolAround(rig: Rig, fleet: Fleet): Promise<void> {
  for (const grain of ['day', 'week', 'month'])
    for (const level of ['region', 'org'])
      await rig.database.query(
        `insert into rollup_group_due (org_id, grain, start, level, key)
         select distinct org_id, '${grain}', start, '${level}', ${level === 'org' ? `''` : 'region'} from circuit_${grain}
         where org_id = $1 and start = any(select date_trunc('${grain}', s, 'UTC') from unnest($2::timestamptz[]) s) on conflict do nothing`,
        [fleet.org.id, lateInstants().map((at) => new Date(at))],
      );
  await drain(rig, fleet);
}

const lateInstants = (): number[] => Array.from({ length: RUNS }, (_, i) => LATE_MS + i * STEP_MS);

const drain = ({ database, runtime }: Rig, { org }: Fleet) =>
  drainRollups({ database, settings: runtime.settings, org, now: NOW_MS });

/** Rows that Postgres has read so far of the hours and the rollups, by index or otherwise. */
async function rowsRead({ database }: Rig): Promise<{ rows: number; scans: number }> {
  await database.query('select pg_stat_clear_snapshot()');
  const [row] = await database.query<{ rows: number; scans: number }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as rows, sum(seq_tup_read)::float8 as scans from pg_stat_user_tables
     where relname ~ '^(circuit_(hour|day|week|month|sketch)|group_(day|week|month)|hour_sketch)'`,
  );
  return row ?? { rows: 0, scans: 0 };
}

/** Statistics of a connection appear some time after its transaction; a new value has come when two looks a second apart agree. */
async function settledRows(rig: Rig): Promise<{ rows: number; scans: number }> {
  for (let before = await rowsRead(rig); ;) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const now = await rowsRead(rig);
    if (now.rows === before.rows) return now;
    before = now;
  }
}

const LEVELS = ['day', 'week', 'month'].flatMap((grain) => [
  {
    name: `${grain} of the circuit`,
    sql: `select sum(rx_bytes) from circuit_${grain} where org_id = $1 and circuit_id = $2 and ${holding(grain)}`,
  },
  ...['region', 'org'].map((level) => ({
    name: `${grain} of the ${level}`,
    sql: `select sum(rx_bytes) from group_${grain} where org_id = $1 and level = '${level}'
      and key = case when level = 'org' then '' else (select region from circuit_day where org_id = $1 and circuit_id = $2 order by start limit 1) end and ${holding(grain)}`,
  })),
]);

function holding(grain: string): string {
  return `start = date_trunc('${grain}', $3::timestamptz, 'UTC')`;
}

/** Bytes of the hour itself, and of every day, week and month that it lies in. */
async function bytesAround({ database }: Rig, { org }: Fleet, { circuitId, at }: { circuitId: number; at: number }) {
  const numbers = async (sql: string): Promise<bigint> => {
    const [row] = await database.query<{ bytes: string | null }>(`select (${sql})::text as bytes`, [
      org.id,
      circuitId,
      new Date(at),
    ]);
    return BigInt(row?.bytes ?? 0);
  };
  const hour = await numbers('select rx_bytes from circuit_hour where org_id = $1 and circuit_id = $2 and hour = $3');
  const levels: bigint[] = [];
  for (const { sql } of LEVELS) levels.push(await numbers(sql));
  return { hour, levels };
}

interface LateRun {
  readonly importMs: number;
  readonly drainMs: number;
  readonly rows: number;
  readonly scanned: number;
}

function outcomeOf(runs: readonly LateRun[], circuits: number, log: (line: string) => void): Outcome {
  const of = (pick: (run: (typeof runs)[number]) => number): number => round(median(runs.map(pick)), 0);
  const ms = of(({ importMs, drainMs }) => importMs + drainMs);
  log(
    table([
      [`one late hour, ${circuits} circuits, ${MONTHS} months`, 'ms'],
      ['stored', of((run) => run.importMs)],
      ['folded into day, week, month, region and org', of((run) => run.drainMs)],
      ['rows read', of((run) => run.rows)],
    ]),
  );
  return {
    bench: 'late',
    ours: ms,
    floor: TARGET_MS,
    ratio: round(TARGET_MS / ms),
    unit: 'ms of work, against the target itself',
    target: 1,
    met: ms < TARGET_MS,
    rows_read: of((run) => run.rows),
    rows_scanned: of((run) => run.scanned),
    circuits,
  };
}

type Bytes = Awaited<ReturnType<typeof bytesAround>>;

/** Every level has grown by exactly what the hour has. */
function mustHaveGrown(before: Bytes, after: Bytes): void {
  const grown = after.hour - before.hour;
  if (grown === 0n) throw new Error('Wrong result: the late hour changed nothing.');
  LEVELS.forEach(({ name }, i) => mustBe(`growth of the ${name}`, (after.levels[i] ?? 0n) - (before.levels[i] ?? 0n), grown));
}

async function lateHour(rig: Rig, fleet: Fleet, { at, bytes }: { at: number; bytes: number }): Promise<LateRun> {
  const { database } = rig;
  const [circuit] = await database.query<{ id: number; mac: string; port: string; site: string }>(
    'select c.id, c.mac, c.port_id as port, s.external_id as site from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id where c.org_id = $1 order by c.id limit 1',
    [fleet.org.id],
  );
  const of = { circuitId: circuit?.id ?? 0, at };
  const known = await bytesAround(rig, fleet, of);
  const before = await settledRows(rig);
  const text = `hour,site_id,mac,port_id,rx_bytes,tx_bytes,covered_s\n${new Date(at).toISOString()},${circuit?.site ?? ''},${circuit?.mac ?? ''},${circuit?.port ?? ''},${bytes},1,3600\n`;
  const { externalId: orgExternalId } = fleet.org;
  const request = { database, kind: 'circuit-hours', text, orgExternalId, now: NOW_MS, settings: rig.runtime.settings } as const;
  const stored = await timed(() => importFile(request));
  mustBe('hours stored', stored.result.stored, 1);
  const drained = await timed(() => drain(rig, fleet));
  const after = await settledRows(rig);
  mustBe('days of circuits folded', drained.result.circuitDays, 1);
  mustHaveGrown(known, await bytesAround(rig, fleet, of));
  return { importMs: stored.ms, drainMs: drained.ms, rows: after.rows - before.rows, scanned: after.scans - before.scans };
}

/** An hour of a year ago comes in: by the import, then the drain, until every level shows it. */
export const late: Benchmark = async (context) => {
  const { log } = context;
  const circuits = Number(context.env.BENCH_CIRCUITS ?? ALL_CIRCUITS);
  const rig = await startRig('late', NOW_MS, context);
  try {
    log(rig.description);
    const fleet = await makeFleet(rig.database, 'late', { circuits, span: { from: START_MS, to: NOW_MS } });
    await ensurePartitions(rig.database, 'circuit_hour', [START_MS, NOW_MS]);
    await seed(rig, fleet);
    await drain(rig, fleet);
    const runs: LateRun[] = [];
    for (const [i, at] of lateInstants().entries()) {
      const run = await lateHour(rig, fleet, { at, bytes: 44e9 + i });
      runs.push(run);
      log(
        `  late hour ${i + 1}: stored in ${round(run.importMs, 0)} ms, folded in ${round(run.drainMs, 0)} ms, ${run.rows} rows read, ${run.scanned} of them by scans`,
      );
    }
    return outcomeOf(runs, circuits, log);
  } finally {
    await rig.close();
  }
};
