import { HOUR_MS } from '@app/domain';
import { median, round, table, type Benchmark, type Outcome } from '../outcome.js';
import { mustBe, startRig } from '../rig.js';
import { chainStored, CHAIN_TARGET, type Chain } from './chain.js';
import { makeFleet, storeHours, timed } from './fleet.js';
import { mustAgree, readAll, recomputeAll, sampleOf, slideAll } from './sliding.js';

const START_MS = Date.UTC(2026, 2, 2);
const SPAN = { from: START_MS, to: START_MS + 30 * 24 * HOUR_MS };
const CIRCUITS = 1_000;
const SAMPLE = 50;
const REPETITIONS = 3;
const TARGET = 5;

interface WindowsRun {
  readonly oursMs: number;
  readonly readMs: number;
  readonly naiveMs: number;
  readonly heapMb: number;
  readonly ends: number;
}

const medianOf = (runs: readonly WindowsRun[], pick: (run: WindowsRun) => number): number => median(runs.map(pick));
const ratioOf = (runs: readonly WindowsRun[]): number => medianOf(runs, ({ naiveMs, oursMs }) => naiveMs / oursMs);
const readingRatioOf = (runs: readonly WindowsRun[]): number =>
  medianOf(runs, ({ naiveMs, readMs, oursMs }) => (naiveMs + readMs) / oursMs);

function show(runs: readonly WindowsRun[], chain: Chain, log: (line: string) => void): void {
  const of = (pick: (run: WindowsRun) => number): number => medianOf(runs, pick);
  const [ratio, withReading] = [ratioOf(runs), readingRatioOf(runs)];
  log(
    table([
      ['what', 'ours', 'floor', 'ratio', 'target'],
      [
        '3/12/24 h windows at every hour, read and computed, ms',
        round(
          of((r) => r.oursMs),
          0,
        ),
        round(
          of((r) => r.naiveMs),
          0,
        ),
        round(ratio, 2),
        TARGET,
      ],
      [
        'the same, where recomputing reads its hours too, ms',
        round(
          of((r) => r.oursMs),
          0,
        ),
        round(
          of((r) => r.naiveMs + r.readMs),
          0,
        ),
        round(withReading, 2),
        '',
      ],
      [
        'hour to day, week, month, region, source rows/s',
        round(chain.ours, 0),
        round(chain.floor, 0),
        round(chain.ratio),
        CHAIN_TARGET,
      ],
    ]),
  );
}

function outcomeOf(runs: readonly WindowsRun[], chain: Chain, log: (line: string) => void): Outcome {
  const of = (pick: (run: WindowsRun) => number): number => medianOf(runs, pick);
  const [ratio, withReading] = [ratioOf(runs), readingRatioOf(runs)];
  show(runs, chain, log);
  return {
    bench: 'windows',
    ours: round(
      of(({ oursMs, ends }) => (ends / oursMs) * 1000),
      0,
    ),
    floor: round(
      of(({ naiveMs, ends }) => (ends / naiveMs) * 1000),
      0,
    ),
    ratio: round(ratio, 2),
    unit: 'window ends/s',
    target: TARGET,
    met: withReading >= TARGET && chain.ratio >= CHAIN_TARGET,
    ratio_when_both_read: round(withReading, 2),
    recomputed_sample: SAMPLE,
    heap_mb: round(Math.max(...runs.map(({ heapMb }) => heapMb)), 0),
    chain_ours: round(chain.ours, 0),
    chain_floor: round(chain.floor, 0),
    chain_ratio: round(chain.ratio),
    chain_target: CHAIN_TARGET,
    repetitions: REPETITIONS,
  };
}

/** Windows at every hour end against folding each anew; and the chain of rollups against one bare GROUP BY. */
export const windows: Benchmark = async (context) => {
  const { log } = context;
  const rig = await startRig('windows', SPAN.to, context);
  try {
    log(rig.description);
    const fleet = await makeFleet(rig.database, 'windows', { circuits: CIRCUITS, span: SPAN });
    await storeHours(rig.database, fleet, SPAN);
    const sample = await sampleOf(rig.database, { orgId: fleet.org.id, span: SPAN, circuits: SAMPLE });
    mustAgree(sample);
    recomputeAll(sample);
    const runs: WindowsRun[] = [];
    for (let i = 0; i < REPETITIONS; i++) {
      const naive = await timed(() => recomputeAll(sample));
      const ours = await timed(() => slideAll(rig.database, fleet.org.id, SPAN));
      const read = await timed(() => readAll(rig.database, fleet.org.id, SPAN));
      mustBe('hours read', read.result, ours.result.hours);
      const { ends, peakHeapMb } = ours.result;
      runs.push({ oursMs: ours.ms, readMs: read.ms, naiveMs: naive.ms * (ends / naive.result.ends), heapMb: peakHeapMb, ends });
      log(
        `  run ${i + 1}: ${round(ours.ms, 0)} ms for ${ends} ends of three windows, reading alone ${round(read.ms, 0)} ms, heap ${round(peakHeapMb, 0)} MB`,
      );
    }
    const chain = await chainStored(rig, fleet, SPAN, log);
    return outcomeOf(runs, chain, log);
  } finally {
    await rig.close();
  }
};
