import { Inject, Injectable } from '@nestjs/common';
import {
  hourOf,
  kpisOfPool,
  kpisOfStretch,
  mergePools,
  NO_POOL,
  NO_STRETCH,
  poolOf,
  stretchOfHours,
  type EpochMs,
  type Grain,
  type Percentiles,
  type Period,
  type Span,
  type StretchState,
} from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import type { JsonText } from '../http/json-text.js';
import type { Bucket } from './buckets.js';
import {
  extraHours,
  hasExtra,
  percentilesOver,
  QUALITY,
  type Cell,
  type ExtraThresholds,
  type PointGroup,
  type ThresholdSet,
} from './cell.js';
import { figuresOf, hourPoints } from './hour-points.js';
import { firstHour, partsOf, storedGrainsFrom, type Part, type Stored } from './plan.js';
import { hoursIn, joinStretches, percentilesOf, stretchOf, type StretchRow } from './rollup-rows.js';
import { RollupsRepository, spansOf, type CircuitFact, type SketchRow, type Whose } from './rollups.repository.js';
import { CircuitCounters, countersOf } from './traffic.js';

/** Up to so many circuit-hours are always folded from the hours: what came late is seen at once. */
const LIVE_HOURS = 800;

export interface FiguresAsked {
  /** By key of the circuit. */
  readonly thresholdsOf: (circuit: number) => ThresholdSet;
  /** Shown beside the figures. */
  readonly thresholds: ThresholdSet;
  readonly buckets: readonly Bucket[];
  readonly grain: Grain;
  readonly metrics: ReadonlySet<PointGroup>;
  readonly extra: ExtraThresholds;
}

export interface CellsAsked extends FiguresAsked {
  readonly whose: Whose;
  /** One circuit alone, or several together. */
  readonly isPool: boolean;
}

interface CellsNow extends CellsAsked {
  /** Start of the running hour: of it and what comes then nothing is known yet. */
  readonly openFrom: EpochMs;
}

/** What one circuit has in one bucket. */
interface Share {
  readonly rows: StretchRow[];
  readonly facts: CircuitFact[];
}
interface Draft {
  readonly bucket: Bucket;
  readonly parts: readonly Part[];
  readonly shares: Map<number, Share>;
  readonly sketches: SketchRow[];
}

/** Figures of a circuit, or of the few circuits of a site, over buckets of any grain: from stored rows where there are any, else from hours. */
@Injectable()
export class CircuitCells {
  constructor(
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
    @Inject(CircuitCounters) private readonly counters: CircuitCounters,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** A circuit hour by hour: what charts ask for most, and the most points. */
  async hoursOfCircuit(scope: OrgScope, circuit: number, asked: Omit<FiguresAsked, 'thresholdsOf'>): Promise<JsonText> {
    const [first, last] = [asked.buckets[0], asked.buckets.at(-1)];
    const span = { from: first?.hours.from ?? 0, to: last?.hours.to ?? 0 };
    const hours = await this.rollups.hourColumns(scope, circuit, span, figuresOf(asked.metrics));
    return hourPoints(hours, asked.buckets, { ...asked, openFrom: hourOf(this.clock.now()) });
  }

  async ofCircuit(scope: OrgScope, circuit: number, asked: FiguresAsked): Promise<Cell[]> {
    const whose = { circuits: [circuit], site: null };
    const cells = await this.cells(scope, { ...asked, whose, isPool: false });
    const complete = asked.metrics.has('utilization') ? await this.withBandwidths(scope, circuit, cells) : cells;
    const needsCounters = asked.metrics.has('traffic') || asked.metrics.has('status');
    return needsCounters ? this.counters.added(scope, circuit, complete) : complete;
  }

  /** What the circuits of a site did while they were there. */
  async ofSite(scope: OrgScope, site: number, asked: FiguresAsked): Promise<Cell[]> {
    const [first, last] = [asked.buckets[0], asked.buckets.at(-1)];
    const span = { from: first?.hours.from ?? 0, to: last?.hours.to ?? 0 };
    const circuits = await this.rollups.circuitsOfSite(scope, site, span);
    return this.cells(scope, { ...asked, whose: { circuits, site }, isPool: true });
  }

  /** Stored rows do not tell the bandwidth: it is that of the last hour of each. */
  private async withBandwidths(scope: OrgScope, circuit: number, cells: readonly Cell[]): Promise<Cell[]> {
    const without = cells.filter(({ bandwidth, kpis }) => bandwidth === null && kpis.facts > 0);
    if (without.length === 0) return [...cells];
    const found = await this.rollups.lastBandwidths(
      scope,
      circuit,
      without.map(({ kpis }) => kpis.span),
    );
    const byCell = new Map(without.map((cell, i) => [cell, found[i] ?? null]));
    return cells.map((cell) => ({ ...cell, bandwidth: cell.bandwidth ?? byCell.get(cell) ?? null }));
  }

  async cells(scope: OrgScope, asked: CellsAsked): Promise<Cell[]> {
    const [first, last] = [asked.buckets[0], asked.buckets.at(-1)];
    if (first === undefined || last === undefined) return [];
    const isLive = hoursIn({ from: first.hours.from, to: last.hours.to }) * asked.whose.circuits.length <= LIVE_HOURS;
    const stored = isLive && asked.grain === 'hour' && !asked.isPool ? null : await this.rollups.stored(scope);
    const isExact = isLive || hasExtra(asked.extra) || (await this.rollups.hasMarks(scope, asked.whose.circuits));
    const source = isExact ? null : stored;
    const drafts = asked.buckets.map((bucket): Draft => ({
      bucket,
      parts: planOf(bucket, asked.grain, source),
      shares: new Map(),
      sketches: [],
    }));
    await this.read(scope, asked.whose, drafts);
    await this.readSketches(scope, asked, { drafts: drafts.filter((draft) => needsSketches(draft, asked)), stored });
    const openFrom = hourOf(this.clock.now());
    return drafts.map((draft) => cellOf(draft, { ...asked, openFrom }));
  }

  private async read(scope: OrgScope, whose: Whose, drafts: readonly Draft[]): Promise<void> {
    const parts = drafts.flatMap((draft) => draft.parts);
    const [months, weeks, days, hours] = await Promise.all([
      this.rollups.stretches(scope, 'month', whose, spansOf(parts, 'month')),
      this.rollups.stretches(scope, 'week', whose, spansOf(parts, 'week')),
      this.rollups.stretches(scope, 'day', whose, spansOf(parts, 'day')),
      this.rollups.hours(scope, whose, spansOf(parts, 'hour')),
    ]);
    const find = finder(drafts);
    for (const row of [...months, ...weeks, ...days]) shareOf(find(row.start.getTime()), row.circuit_id)?.rows.push(row);
    for (const fact of hours) shareOf(find(fact.hour), fact.circuit)?.facts.push(fact);
  }

  private async readSketches(
    scope: OrgScope,
    { whose }: CellsAsked,
    { drafts, stored }: { drafts: readonly Draft[]; stored: Stored | null },
  ): Promise<void> {
    if (drafts.length === 0) return;
    const parts = drafts.flatMap(({ bucket }) => partsOf(bucket.hours, stored, ['day']));
    const [days, hours] = await Promise.all([
      this.rollups.daySketches(scope, whose, spansOf(parts, 'day')),
      this.rollups.hourSketches(scope, whose, spansOf(parts, 'hour')),
    ]);
    const find = finder(drafts);
    for (const row of [...days, ...hours]) find(row.at.getTime())?.sketches.push(row);
  }
}

/** A whole bucket that is stored is one row; only the others have to be cut. */
export function planOf(bucket: Bucket, grain: Grain, stored: Stored | null): Part[] {
  const isStored = stored !== null && grain !== 'hour' && bucket.whole !== null;
  if (isStored && (grain === 'day' || bucket.whole.to <= stored.closedUntil)) return [{ source: grain, ...bucket.whole }];
  return partsOf(bucket.hours, stored, storedGrainsFrom(grain));
}

/** Finds the draft in whose hours an instant falls; drafts ascend. */
export function finder<D extends { readonly bucket: Bucket }>(drafts: readonly D[]): (at: number) => D | null {
  return (at) => {
    const hour = firstHour(at);
    let [low, high] = [0, drafts.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((drafts[middle]?.bucket.hours.to ?? Infinity) <= hour) low = middle + 1;
      else high = middle;
    }
    const found = drafts[low];
    return found !== undefined && found.bucket.hours.from <= hour ? found : null;
  };
}

function shareOf(draft: Draft | null, circuit: number): Share | undefined {
  if (draft === null) return undefined;
  const share = draft.shares.get(circuit) ?? { rows: [], facts: [] };
  draft.shares.set(circuit, share);
  return share;
}

/** The only stored row of a draft knows its percentiles. */
function onlyRow({ shares }: Draft): StretchRow | null {
  const [share] = shares.values();
  return shares.size === 1 && share?.rows.length === 1 && share.facts.length === 0 ? (share.rows[0] ?? null) : null;
}

function needsSketches(draft: Draft, { metrics, grain, isPool }: CellsAsked): boolean {
  // An hour of one circuit knows its own percentiles.
  if (grain === 'hour' && !isPool) return false;
  const shares = [...draft.shares.values()];
  if (shares.length === 0 || onlyRow(draft) !== null) return false;
  if (metrics.has('utilization') && shares.some(({ rows }) => rows.length > 0)) return true;
  return QUALITY.some(
    (metric) =>
      metrics.has(metric) &&
      (shares.some(({ rows }) => rows.length > 0) ||
        shares.flatMap(({ facts }) => facts).filter((fact) => fact[metric].count > 0).length > 1),
  );
}

function stretchOfShare({ rows, facts }: Share, parts: readonly Part[], thresholds: ThresholdSet): StretchState {
  const pieces: Period<StretchState>[] = rows.map(stretchOf);
  for (const { source, from, to } of parts)
    if (source === 'hour') pieces.push({ from, to, state: stretchOfHours(facts, { from, to }, thresholds) });
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only.state : joinStretches(pieces);
}

function cellOf(draft: Draft, asked: CellsNow): Cell {
  const { bucket, parts, shares } = draft;
  const [only] = shares.values();
  const facts = shares.size === 1 && only !== undefined ? only.facts : [...shares.values()].flatMap((share) => share.facts);
  const hasOnlyHours = parts.every(({ source }) => source === 'hour');
  const row = onlyRow(draft);
  const percentiles = row === null ? percentilesOver(facts, draft.sketches, hasOnlyHours) : percentilesOf(row);
  return {
    kpis: kpisOfShares(draft, asked, percentiles),
    extra: extraHours(() => [...shares.values()].map((share) => share.facts), asked.extra, bucket.hours),
    circuits: asked.isPool ? shares.size : null,
    bandwidth: hasOnlyHours && !asked.isPool ? (facts.at(-1)?.bandwidth ?? null) : null,
    counters: hasOnlyHours && !asked.isPool ? countersOf(facts) : null,
  };
}

function kpisOfShares({ bucket, parts, shares }: Draft, asked: CellsNow, percentiles: Percentiles): Cell['kpis'] {
  const span: Span = bucket.hours;
  const frame = { span, openFrom: asked.openFrom, thresholds: asked.thresholds, percentiles };
  const stretches = [...shares].map(([circuit, share]) => stretchOfShare(share, parts, asked.thresholdsOf(circuit)));
  if (!asked.isPool) return kpisOfStretch(stretches[0] ?? NO_STRETCH, frame);
  return kpisOfPool(stretches.map(poolOf).reduce(mergePools, NO_POOL), frame);
}
