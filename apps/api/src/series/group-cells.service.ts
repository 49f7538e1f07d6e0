import { Inject, Injectable } from '@nestjs/common';
import {
  HOUR_MS,
  HOURLY_KPIS,
  isAtOrAbove,
  kpisOfPool,
  LEVELS,
  mergePools,
  NO_POOL,
  percentileCont,
  perThreshold,
  Sketch,
  stretchOfHours,
  type Grain,
  type HourlyKpi,
  type Percentiles,
  type Period,
  type PoolState,
  type StretchState,
} from '@app/domain';
import type { OrgScope } from '../access/org-scope.js';
import type { Bucket } from './buckets.js';
import {
  hasExtra,
  QUALITY,
  type Cell,
  type ExtraHours,
  type ExtraThresholds,
  type PointGroup,
  type ThresholdSet,
} from './cell.js';
import { finder, planOf } from './circuit-cells.service.js';
import { GroupsRepository, type GroupHourRow, type GroupSketchRow, type HighHourRow } from './groups.repository.js';
import type { Group } from './levels.js';
import { STORED_GRAINS, type Part } from './plan.js';
import { joinStretches, percentilesOf, poolOfRow, stretchOf, sumsOf, type GroupRow, type StretchRow } from './rollup-rows.js';
import { RollupsRepository, spansOf } from './rollups.repository.js';
import { highFact } from './high-hours.js';

export interface GroupCellsAsked {
  readonly group: Group;
  readonly thresholdsOf: (circuit: number) => ThresholdSet;
  /** Shown beside the figures. */
  readonly thresholds: ThresholdSet;
  /** The lowest that holds for any circuit. */
  readonly lowest: Readonly<Record<HourlyKpi, number>>;
  readonly buckets: readonly Bucket[];
  readonly grain: Grain;
  readonly metrics: ReadonlySet<PointGroup>;
  readonly extra: ExtraThresholds;
}

interface Draft {
  readonly bucket: Bucket;
  readonly parts: readonly Part[];
  readonly rows: GroupRow[];
  readonly hours: GroupHourRow[];
  readonly high: HighHourRow[];
  readonly runs: StretchRow[];
  readonly sketches: GroupSketchRow[];
}

/** Figures of a region, store type, provider or organization over buckets of any grain: pools as stored, and hours at the edges. */
@Injectable()
export class GroupCells {
  constructor(
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
    @Inject(GroupsRepository) private readonly groups: GroupsRepository,
  ) {}

  async cells(scope: OrgScope, asked: GroupCellsAsked): Promise<Cell[]> {
    if (asked.buckets.length === 0) return [];
    const stored = await this.rollups.stored(scope);
    const source = hasExtra(asked.extra) ? null : stored;
    const drafts = asked.buckets.map((bucket): Draft => {
      const parts = planOf(bucket, asked.grain, source);
      return { bucket, parts, rows: [], hours: [], high: [], runs: [], sketches: [] };
    });
    await this.readSums(scope, asked, drafts);
    await Promise.all([
      this.readRuns(scope, asked, drafts),
      this.readSketches(
        scope,
        asked,
        drafts.filter((draft) => onlyPool(draft) === null && draft.rows.length + draft.hours.length > 0),
      ),
    ]);
    return drafts.map((draft) => cellOf(draft, asked));
  }

  private async readSums(scope: OrgScope, { group }: GroupCellsAsked, drafts: readonly Draft[]): Promise<void> {
    const parts = drafts.flatMap((draft) => draft.parts);
    const [hours, ...stored] = await Promise.all([
      this.groups.hours(scope, group, spansOf(parts, 'hour')),
      ...STORED_GRAINS.map((grain) => this.groups.pools(scope, grain, group, spansOf(parts, grain))),
    ]);
    const find = finder(drafts);
    for (const row of stored.flat()) find(row.start.getTime())?.rows.push(row);
    for (const row of hours) find(row.hour.getTime())?.hours.push(row);
  }

  /** What runs are made of where a stored pool alone does not tell: hours above a threshold, and runs that reach a border of their period. */
  private async readRuns(scope: OrgScope, asked: GroupCellsAsked, drafts: readonly Draft[]): Promise<void> {
    if (!asked.metrics.has('above')) return;
    const { group } = asked;
    const parts = drafts.filter((draft) => onlyPool(draft) === null).flatMap((draft) => draft.parts);
    const [high, ...runs] = await Promise.all([
      this.groups.highHours(scope, group, spansOf(parts, 'hour'), lowestOf(asked)),
      ...STORED_GRAINS.map((grain) => this.groups.borderRuns(scope, grain, group, spansOf(parts, grain))),
    ]);
    const find = finder(drafts);
    for (const row of high) find(row.hour.getTime())?.high.push(row);
    for (const row of runs.flat()) find(row.start.getTime())?.runs.push(row);
  }

  private async readSketches(scope: OrgScope, { group, metrics }: GroupCellsAsked, drafts: readonly Draft[]): Promise<void> {
    const parts = drafts.flatMap((draft) => draft.parts);
    const hours = spansOf(parts, 'hour');
    const hasQuality = QUALITY.some((metric) => metrics.has(metric));
    const needsValues = metrics.has('utilization') && drafts.some(({ bucket }) => bucket.hours.to - bucket.hours.from > HOUR_MS);
    const found = await Promise.all([
      ...STORED_GRAINS.map((grain) => this.groups.sketches(scope, grain, group, spansOf(parts, grain))),
      hasQuality ? this.groups.hourSketches(scope, group, hours) : [],
      needsValues ? this.groups.utilizationValues(scope, group, hours) : [],
    ]);
    const find = finder(drafts);
    for (const row of found.flat()) find(row.at.getTime())?.sketches.push(row);
  }
}

const lowestOf = ({ lowest, extra }: GroupCellsAsked): Record<HourlyKpi, number> => ({
  utilization: Math.min(lowest.utilization, ...extra.utilization),
  loss: Math.min(lowest.loss, ...extra.loss),
  jitter: Math.min(lowest.jitter, ...extra.jitter),
  latency: Math.min(lowest.latency, ...extra.latency),
});

/** The only stored row of a draft knows its percentiles and runs. */
const onlyPool = ({ rows, hours }: Draft): GroupRow | null =>
  rows.length === 1 && hours.length === 0 ? (rows[0] ?? null) : null;

function cellOf(draft: Draft, asked: GroupCellsAsked): Cell {
  const { bucket, rows, hours } = draft;
  const circuits = [...rows, ...hours].reduce((most, row) => Math.max(most, row.circuits), 0);
  const row = onlyPool(draft);
  const byCircuit = highByCircuit(draft.high);
  const pool = row === null ? pooled(draft, asked, byCircuit) : poolOfRow(row);
  const percentiles = row === null ? mergedPercentiles(draft) : percentilesOf(row);
  return {
    kpis: kpisOfPool(pool, { span: bucket.hours, thresholds: asked.thresholds, percentiles }),
    extra: extraOf(byCircuit, asked, bucket),
    circuits,
    bandwidth: null,
    counters: null,
  };
}

type ByCircuit = ReadonlyMap<number, readonly HighHourRow[]>;

function highByCircuit(rows: readonly HighHourRow[]): Map<number, HighHourRow[]> {
  const byCircuit = new Map<number, HighHourRow[]>();
  for (const row of rows) {
    const list = byCircuit.get(row.circuit_id);
    if (list === undefined) byCircuit.set(row.circuit_id, [row]);
    else list.push(row);
  }
  return byCircuit;
}

/** Everything added up; runs of one circuit joined across the borders of its parts. */
function pooled({ parts, rows, hours, runs }: Draft, asked: GroupCellsAsked, byCircuit: ByCircuit): PoolState {
  const sums = [...rows.map(poolOfRow), ...hours.map((row): PoolState => ({ ...NO_POOL, ...sumsOf(row) }))].reduce(
    mergePools,
    NO_POOL,
  );
  const pieces = new Map<number, Period<StretchState>[]>();
  const add = (circuit: number, piece: Period<StretchState>): void =>
    void pieces.set(circuit, [...(pieces.get(circuit) ?? []), piece]);
  for (const run of runs) add(run.circuit_id, stretchOf(run));
  const totals = perThreshold(() => 0);
  for (const [circuit, high] of byCircuit) {
    const thresholds = asked.thresholdsOf(circuit);
    for (const { source, from, to } of parts) {
      if (source !== 'hour') continue;
      const state = stretchOfHours(high.map(highFact), { from, to }, thresholds);
      add(circuit, { from, to, state });
      for (const kpi of HOURLY_KPIS) for (const level of LEVELS) totals[kpi][level] += state.above[kpi][level].total;
    }
  }
  const joined = [...pieces.values()].map(joinStretches);
  const above = perThreshold((kpi, level) => ({
    total: sums.above[kpi][level].total + totals[kpi][level],
    longest: joined.reduce((most, state) => Math.max(most, state.above[kpi][level].longest), sums.above[kpi][level].longest),
  }));
  return { ...sums, above };
}

/** Percentiles over many circuits: of a single hour exact, else from sketches, those of the hours made of their values. */
function mergedPercentiles({ rows, hours, sketches }: Draft): Percentiles {
  const quality = (metric: (typeof QUALITY)[number]) => {
    const sketch = Sketch.merged(sketches.map((row) => row[metric]));
    return { p95: sketch.quantile(0.95), sketched: sketch.count };
  };
  const [hour] = hours;
  const isOneHour = rows.length === 0 && hours.length === 1;
  return {
    utilization: isOneHour ? (hour?.util_p95 ?? null) : utilizationP95(sketches),
    latency: quality('latency'),
    jitter: quality('jitter'),
    loss: quality('loss'),
  };
}

function utilizationP95(sketches: readonly GroupSketchRow[]): number | null {
  const values = sketches.flatMap(({ util_values }) => util_values ?? []);
  const stored = sketches.flatMap(({ util }) => (util === null ? [] : [util]));
  if (stored.length === 0) return percentileCont(values, 0.95);
  const sketch = Sketch.merged(stored);
  for (const value of values) sketch.add(value);
  return sketch.quantile(0.95);
}

function extraOf(byCircuit: ByCircuit, { extra }: GroupCellsAsked, bucket: Bucket): ExtraHours {
  const of = (kpi: HourlyKpi) =>
    extra[kpi].map((threshold) => {
      let [cumulative, continuous] = [0, 0];
      for (const rows of byCircuit.values()) {
        const thresholds = { warning: threshold, major: threshold, critical: threshold };
        const only = rows.filter((row) => isAtOrAbove(row[kpi] ?? -Infinity, threshold)).map(highFact);
        const { above } = stretchOfHours(only, bucket.hours, {
          utilization: thresholds,
          loss: thresholds,
          jitter: thresholds,
          latency: thresholds,
        });
        cumulative += above[kpi].warning.total;
        continuous = Math.max(continuous, above[kpi].warning.longest);
      }
      return { cumulative, continuous };
    });
  return { utilization: of('utilization'), loss: of('loss'), jitter: of('jitter'), latency: of('latency') };
}
