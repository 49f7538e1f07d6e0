import { median, round, table, type Benchmark } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { copiedRows, copyMs, makeCopyTable, pagesOf, type CopyPages } from './copy-floor.js';
import { BASE_MS, HOURS_SHAPE } from './hours.js';
import { LIVE_SHAPE } from './live.js';
import type { Shape } from './shape.js';

const REPETITIONS = 5;
const TARGET = 0.25;
const TARGET_LIVE = 0.1;

interface Measured {
  readonly rowsPerS: number;
  readonly copyRowsPerS: number;
  readonly ratio: number;
  /** Without the closing of the hour. */
  readonly pollsRowsPerS: number;
  readonly closingMs: number;
}

/** Ours between two COPYs of the same rows, several times; the first run is for warming up and shows which rows those are. */
async function measure(rig: Rig, shape: Shape, log: (line: string) => void): Promise<Measured> {
  const { key } = shape;
  const pages = await pagesOfFirstRun(rig, await shape.run(rig, `${key}-warm`), shape);
  log(`${shape.name}: ${shape.samples} samples; COPY takes ${pages.format} faster`);
  const runs: Measured[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const before = await copyMs(rig.database, pages);
    const { ms, closingMs } = await shape.run(rig, `${key}-${i}`);
    const after = await copyMs(rig.database, pages);
    mustBe('number of copied rows', await copiedRows(rig.database), shape.samples);
    const copyRowsPerS = shape.samples / (median([before, after]) / 1000);
    const rowsPerS = shape.samples / ((ms + closingMs) / 1000);
    runs.push({ rowsPerS, copyRowsPerS, ratio: rowsPerS / copyRowsPerS, pollsRowsPerS: shape.samples / (ms / 1000), closingMs });
    log(
      `  run ${i + 1}: ${round(rowsPerS, 0)} rows/s, COPY ${round(copyRowsPerS, 0)} rows/s, ratio ${round(rowsPerS / copyRowsPerS)}`,
    );
  }
  const of = (pick: (run: Measured) => number): number => median(runs.map(pick));
  return {
    rowsPerS: of((run) => run.rowsPerS),
    copyRowsPerS: of((run) => run.copyRowsPerS),
    ratio: of((run) => run.ratio),
    pollsRowsPerS: of((run) => run.pollsRowsPerS),
    closingMs: of((run) => run.closingMs),
  };
}

/** The rows of the batches that count: what was sent beforehand is left out. */
async function pagesOfFirstRun({ database }: Rig, { orgId }: { orgId: number }, shape: Shape): Promise<CopyPages> {
  const all = await pagesOf(database, orgId, shape.pagesBefore);
  await copyMs(database, all);
  mustBe('number of rows to copy', await copiedRows(database), shape.samples);
  return all;
}

/** From the queue to committed facts and alerts, against a bare COPY of the same samples in the same run. */
export const ingest: Benchmark = async (context) => {
  const { log } = context;
  const rig = await startRig('ingest', BASE_MS, context);
  try {
    log(rig.description);
    await makeCopyTable(rig.database);
    const hours = await measure(rig, HOURS_SHAPE, log);
    const live = await measure(rig, LIVE_SHAPE, log);
    log(
      table([
        ['shape', 'queue to facts, rows/s', 'COPY, rows/s', 'ratio', 'target'],
        [HOURS_SHAPE.name, round(hours.rowsPerS, 0), round(hours.copyRowsPerS, 0), round(hours.ratio), TARGET],
        [LIVE_SHAPE.name, round(live.rowsPerS, 0), round(live.copyRowsPerS, 0), round(live.ratio), TARGET_LIVE],
      ]),
    );
    return {
      bench: 'ingest',
      ours: round(hours.rowsPerS, 0),
      floor: round(hours.copyRowsPerS, 0),
      ratio: round(hours.ratio),
      unit: 'rows/s',
      target: TARGET,
      met: hours.ratio >= TARGET && live.ratio >= TARGET_LIVE,
      ours_live: round(live.rowsPerS, 0),
      floor_live: round(live.copyRowsPerS, 0),
      ratio_live: round(live.ratio),
      target_live: TARGET_LIVE,
      live_without_closing: round(live.pollsRowsPerS, 0),
      live_closing_ms: round(live.closingMs, 0),
      repetitions: REPETITIONS,
    };
  } finally {
    await rig.close();
  }
};
