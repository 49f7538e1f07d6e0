import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { drainRollups, importFile } from '@app/analyzer';
import { HOUR_MS } from '@app/domain';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { round, table, type Benchmark, type Outcome } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { timed } from '../windows/fleet.js';

const HOURS = 30 * 24;
const START_MS = Date.UTC(2026, 2, 1);
const SPAN = { from: START_MS, to: START_MS + HOURS * HOUR_MS };
const ALL_CIRCUITS = 6_416;
const PORTS = ['ge-0/0/0', 'ge-0/0/1'];
const DIRECTORY = join(import.meta.dirname, '../../../.data/bench');
const TARGET = 0.4;
const ROLLUPS_TARGET_S = 120;
const ORG = 'backfill';

const HEADER =
  'hour,site_id,mac,port_id,rx_bytes,tx_bytes,covered_s,up_minutes,down_minutes,flaps,latency_avg,latency_max,latency_p95,latency_count,jitter_avg,jitter_max,jitter_p95,jitter_count,loss_avg,loss_max,loss_p95,loss_count\n';

/** A file as another system would write it: circuit by circuit, hour by hour. */
async function writeFile(path: string, circuits: number): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true });
  const file = createWriteStream(path);
  file.write(HEADER);
  for (let circuit = 0; circuit < circuits; circuit++) {
    const site = Math.floor(circuit / PORTS.length);
    const place = `site-${site},0200${site.toString(16).padStart(8, '0')},${PORTS[circuit % PORTS.length] ?? ''}`;
    const lines: string[] = [];
    for (let i = 0; i < HOURS; i++) {
      const wave = (circuit * 7 + i * 13) % 97;
      const bytes = 1e9 + wave * 4.5e8;
      lines.push(
        `${new Date(START_MS + i * HOUR_MS).toISOString()},${place},${bytes},${bytes / 4},3540,${wave === 0 ? '55,5,1' : '60,0,0'},${20 + wave / 3},${40 + wave},${35 + wave},12,${wave / 9},${wave / 5},${wave / 6},12,${wave / 900},${wave / 100},${wave / 150},12`,
      );
    }
    if (!file.write(`${lines.join('\n')}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

async function count({ database }: Rig): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*)::int as count from circuit_hour');
  return row?.count ?? 0;
}

/** COPY of the same rows, exported beforehand, into an empty table of the same columns and key without partitions. */
async function bareCopyMs({ database }: Rig, path: string, rows: number): Promise<number> {
  await database.query('create table if not exists circuit_hour_copy (like circuit_hour including all)');
  await database.transaction(async ({ client }) => {
    const columns = 'select * from circuit_hour order by circuit_id, hour';
    await pipeline(client.query(copyTo(`copy (${columns}) to stdout (format binary)`)), createWriteStream(path));
  });
  const client = await database.pool.connect();
  try {
    const { ms } = await timed(() =>
      pipeline(
        createReadStream(path, { highWaterMark: 262_144 }),
        client.query(copyFrom('copy circuit_hour_copy from stdin (format binary)')),
      ),
    );
    const [copied] = await database.query<{ count: number }>('select count(*)::int as count from circuit_hour_copy');
    mustBe('rows copied', copied?.count, rows);
    return ms;
  } finally {
    client.release();
    await database.query('drop table circuit_hour_copy');
  }
}

const imported = (rig: Rig, file: string, now: number) =>
  importFile({ database: rig.database, kind: 'circuit-hours', file, orgExternalId: ORG, now, settings: rig.runtime.settings });

type Measured = Readonly<Record<'circuits' | 'importMs' | 'copyMs' | 'rolledMs' | 'againMs', number>>;

function outcomeOf({ circuits, importMs, copyMs, rolledMs, againMs }: Measured, log: (line: string) => void): Outcome {
  const rows = circuits * HOURS;
  const ratio = copyMs / importMs;
  log(
    table([
      [`${rows} hours of ${circuits} circuits`, 's', 'rows/s'],
      ['import of the CSV file', round(importMs / 1000, 1), round((rows / importMs) * 1000, 0)],
      ['bare COPY of the same rows', round(copyMs / 1000, 1), round((rows / copyMs) * 1000, 0)],
      ['the same file again: nothing changes', round(againMs / 1000, 1), round((rows / againMs) * 1000, 0)],
      ['rollups of the month, all levels', round(rolledMs / 1000, 1), round((rows / rolledMs) * 1000, 0)],
    ]),
  );
  const rollupsS = rolledMs / 1000;
  return {
    bench: 'backfill',
    ours: round((rows / importMs) * 1000, 0),
    floor: round((rows / copyMs) * 1000, 0),
    ratio: round(ratio),
    unit: 'rows/s',
    target: TARGET,
    met: ratio >= TARGET && rollupsS <= ROLLUPS_TARGET_S * (circuits / ALL_CIRCUITS),
    circuits,
    rollups_s: round(rollupsS, 1),
    rollups_target_s: round(ROLLUPS_TARGET_S * (circuits / ALL_CIRCUITS), 1),
    again_rows_per_s: round((rows / againMs) * 1000, 0),
  };
}

/** A month of hours from a file through the import as the command line runs it, against bare COPY of the same rows; then its rollups. */
export const backfill: Benchmark = async (context) => {
  const { log } = context;
  const circuits = Number(context.env.BENCH_CIRCUITS ?? ALL_CIRCUITS);
  const rows = circuits * HOURS;
  const rig = await startRig('backfill', SPAN.to, context);
  const [csv, copy] = [join(DIRECTORY, 'backfill.csv'), join(DIRECTORY, 'backfill.copy')];
  try {
    log(rig.description);
    await writeFile(csv, circuits);
    const first = await timed(() => imported(rig, csv, SPAN.to));
    mustBe('rows stored', first.result.stored, rows);
    mustBe('rows refused', first.result.refused, 0);
    mustBe('hour facts', await count(rig), rows);
    const copyMs = await bareCopyMs(rig, copy, rows);
    log(`  import ${round(first.ms / 1000, 1)} s, COPY ${round(copyMs / 1000, 1)} s, ratio ${round(copyMs / first.ms)}`);
    const [org] = await rig.database.query<{ id: number; externalId: string; name: string | null; reportingTimezone: string }>(
      'select id, external_id as "externalId", name, reporting_timezone as "reportingTimezone" from org where external_id = $1',
      [ORG],
    );
    if (org === undefined) throw new Error('Wrong result: the import made no organization.');
    const rolled = await timed(() => drainRollups({ database: rig.database, settings: rig.runtime.settings, org, now: SPAN.to }));
    mustBe('hours read by the rollups', rolled.result.hours, rows);
    const again = await timed(() => imported(rig, csv, SPAN.to));
    mustBe('rows unchanged by the same file again', again.result.unchanged, rows);
    return outcomeOf({ circuits, importMs: first.ms, copyMs, rolledMs: rolled.ms, againMs: again.ms }, log);
  } finally {
    await rm(csv, { force: true });
    await rm(copy, { force: true });
    await rig.close();
  }
};
