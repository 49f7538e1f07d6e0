import {
  HOUR_MS,
  kpisOfPool,
  kpisOfStretch,
  mergePools,
  NO_PERCENTILES,
  NO_POOL,
  percentilesOfSorted,
  poolOf,
  Sketch,
  stretchOfHours,
  trailingHours,
  type EpochMs,
  type FoldableHour,
  type PoolState,
  type Span,
  type ThresholdsByKpi,
  type WindowKpis,
} from '@app/domain';
import { circuitThresholds, orgSubject, type ThresholdSource } from '../../config/circuit-thresholds.js';
import type { Database } from '../database.js';
import type { OrgRow } from '../orgs.repository.js';
import { loadMemberships, type Memberships } from './memberships.repository.js';
import { storedHours } from './stored-hours.js';

export const WINDOW_GROUPS = ['region', 'store_type', 'provider', 'org'] as const;
export type WindowGroup = (typeof WINDOW_GROUPS)[number];

/** KPIs of each asked length, in their order, of everything that has hours in the longest. */
export interface TrailingWindows {
  readonly end: EpochMs;
  readonly circuits: ReadonlyMap<number, readonly WindowKpis[]>;
  /** By group and key; the organization's key is its id. */
  readonly groups: Readonly<Record<WindowGroup, ReadonlyMap<string, readonly WindowKpis[]>>>;
  /** Hour facts that were read: each once. */
  readonly hours: number;
}

export interface TrailingRequest {
  readonly org: OrgRow;
  /** The windows end with the last whole hour before it. */
  readonly end: EpochMs;
  /** Hours, such as 3, 12, 24. */
  readonly lengths: readonly number[];
  readonly settings: ThresholdSource;
  /** Default: every circuit of the org. */
  readonly circuitIds?: readonly number[];
}

/** A run of hours of one circuit that belong to the same site and groups. */
interface Stretch {
  readonly siteId: number;
  readonly from: EpochMs;
  readonly hours: FoldableHour[];
}

interface CircuitRow {
  readonly id: number;
  readonly mac: string;
  readonly portId: string;
  readonly siteId: number;
  readonly site: string;
}

/** Pools of one group by window; utilization of many circuits is sketched. */
class GroupWindows {
  private readonly pools: { state: PoolState; readonly sketch: Sketch }[];

  constructor(private readonly spans: readonly Span[]) {
    this.pools = spans.map(() => ({ state: NO_POOL, sketch: new Sketch() }));
  }

  add(window: number, state: PoolState, hours: readonly FoldableHour[]): void {
    const pool = this.pools[window];
    if (pool === undefined) return;
    pool.state = mergePools(pool.state, state);
    for (const { utilizationPct } of hours) if (utilizationPct !== null) pool.sketch.add(utilizationPct);
  }

  /** What another part gathered: each hour of a circuit is in one of them. */
  addAll(other: GroupWindows): void {
    this.pools.forEach((pool, window) => {
      const part = other.pools[window];
      if (part === undefined) return;
      pool.state = mergePools(pool.state, part.state);
      pool.sketch.addEncoded(part.sketch.encode());
    });
  }

  kpis(thresholds: ThresholdsByKpi): WindowKpis[] {
    return this.pools.map(({ state, sketch }, window) =>
      kpisOfPool(state, {
        span: this.spans[window] ?? { from: 0, to: 0 },
        thresholds,
        percentiles: { ...NO_PERCENTILES, utilization: sketch.quantile(0.95) },
      }),
    );
  }
}

/** Circuits that belong to the same groups. */
interface Cell {
  readonly keys: Readonly<Record<WindowGroup, string | null>>;
  readonly windows: GroupWindows;
}

/** Folds circuits one after the other into their own windows and those of their groups. */
class TrailingFold {
  readonly circuits = new Map<number, WindowKpis[]>();
  /** By region, store type and provider together: there are few of these, so that each circuit is added once and not to every group. */
  private readonly cells = new Map<string, Cell>();
  private readonly thresholdsByPlace = new Map<string, ThresholdsByKpi>();

  constructor(
    private readonly request: TrailingRequest,
    private readonly spans: readonly Span[],
    private readonly memberships: Memberships,
  ) {}

  /** `stretches` ascend in time. */
  add(circuit: CircuitRow, stretches: readonly Stretch[]): void {
    const { id } = circuit;
    const all = stretches.length === 1 ? (stretches[0]?.hours ?? []) : stretches.flatMap(({ hours }) => hours);
    const cells = stretches.map((stretch) => this.cellOf(id, stretch));
    const thresholds = this.thresholdsOf(circuit);
    const windows = this.spans.map((span, window) => {
      const hours = tailFrom(all, span.from);
      const state = stretchOfHours(hours, span, thresholds);
      const frame = { span, thresholds, percentiles: percentilesOfSorted(hours) };
      stretches.forEach((stretch, i) => {
        const own = stretches.length === 1 ? hours : tailFrom(stretch.hours, span.from);
        if (own.length === 0) return;
        const part = stretches.length === 1 ? state : stretchOfHours(own, span, thresholds);
        cells[i]?.windows.add(window, poolOf(part), own);
      });
      return kpisOfStretch(state, frame);
    });
    this.circuits.set(id, windows);
  }

  finish(hours: number): TrailingWindows {
    const { org, end, settings } = this.request;
    const thresholds = circuitThresholds(settings, orgSubject(org.externalId));
    const kpisOf = (group: WindowGroup) =>
      new Map([...this.groupOf(group)].map(([key, windows]) => [key, windows.kpis(thresholds)]));
    const groups = {
      region: kpisOf('region'),
      store_type: kpisOf('store_type'),
      provider: kpisOf('provider'),
      org: kpisOf('org'),
    };
    return { end: this.spans[0]?.to ?? end, circuits: this.circuits, groups, hours };
  }

  private cellOf(circuitId: number, { siteId, from }: Stretch): Cell {
    const { region, storeType, provider } = this.memberships.at(circuitId, siteId, from);
    const place = JSON.stringify([region, storeType, provider]);
    let cell = this.cells.get(place);
    if (cell === undefined) {
      const keys = { region, store_type: storeType, provider, org: this.request.org.externalId };
      this.cells.set(place, (cell = { keys, windows: new GroupWindows(this.spans) }));
    }
    return cell;
  }

  private groupOf(group: WindowGroup): Map<string, GroupWindows> {
    const byKey = new Map<string, GroupWindows>();
    for (const { keys, windows } of this.cells.values()) {
      const key = keys[group];
      if (key === null) continue;
      let whole = byKey.get(key);
      if (whole === undefined) byKey.set(key, (whole = new GroupWindows(this.spans)));
      whole.addAll(windows);
    }
    return byKey;
  }

  /** Those that hold for the circuit at the end, which all windows share; circuits at one place share them unless one has its own. */
  private thresholdsOf({ id, mac, portId, siteId, site }: CircuitRow): ThresholdsByKpi {
    const { settings, org, end } = this.request;
    const { region, storeType } = this.memberships.at(id, siteId, (this.spans[0]?.to ?? end) - 1);
    const hasOwn = settings.thresholds.circuits[`${mac}/${portId}`] !== undefined;
    const place = JSON.stringify([
      settings.thresholds.sites[site] === undefined ? null : site,
      region,
      storeType,
      hasOwn ? id : null,
    ]);
    let thresholds = this.thresholdsByPlace.get(place);
    if (thresholds === undefined) {
      thresholds = circuitThresholds(settings, { orgId: org.externalId, siteId: site, region, storeType, mac, portId });
      this.thresholdsByPlace.set(place, thresholds);
    }
    return thresholds;
  }
}

const tailFrom = (hours: readonly FoldableHour[], from: EpochMs): readonly FoldableHour[] => {
  const first = hours.findIndex(({ hour }) => hour >= from);
  return first <= 0 ? (first < 0 ? [] : hours) : hours.slice(first);
};

/** Hours of circuits as the stream brings them, which is in no order of circuits. */
async function readHours(database: Database, request: TrailingRequest, span: Span) {
  const byCircuit = new Map<number, { siteId: number; fact: FoldableHour }[]>();
  let hours = 0;
  const wanted = { orgId: request.org.id, span, ...(request.circuitIds === undefined ? {} : { circuitIds: request.circuitIds }) };
  for await (const batch of storedHours(database, wanted)) {
    hours += batch.length;
    for (const stored of batch) {
      const list = byCircuit.get(stored.circuitId);
      if (list === undefined) byCircuit.set(stored.circuitId, [stored]);
      else list.push(stored);
    }
  }
  return { byCircuit, hours };
}

/** Hours in the order of time, cut where the site or a group of the circuit changes. */
function stretchesOf(
  circuitId: number,
  hours: { siteId: number; fact: FoldableHour }[],
  memberships: Memberships,
  span: Span,
): Stretch[] {
  hours.sort((a, b) => a.fact.hour - b.fact.hour);
  const stretches: Stretch[] = [];
  let cuts: readonly EpochMs[] = [];
  for (const { siteId, fact } of hours) {
    const last = stretches.at(-1);
    if (last?.siteId !== siteId) cuts = memberships.changesIn(circuitId, siteId, span);
    const isCut = last?.siteId !== siteId || cuts.some((at) => last.from < at && at <= fact.hour);
    if (last === undefined || isCut) stretches.push({ siteId, from: fact.hour, hours: [fact] });
    else last.hours.push(fact);
  }
  return stretches;
}

/**
 * Trailing windows of all circuits of an org and of their regions, store types, providers and the org itself, folded from the hours of the longest
 * window: each is read once, as a set. Circuits without an hour in it are left out.
 */
export async function trailingWindows(database: Database, request: TrailingRequest): Promise<TrailingWindows> {
  const { org, end, lengths } = request;
  const wrong = lengths.find((length) => !Number.isInteger(length) || length < 1);
  if (wrong !== undefined || lengths.length === 0)
    throw new RangeError(`A window of ${String(wrong ?? 'no')} hours cannot be folded: give lengths of one whole hour or more.`);
  const spans = lengths.map((length) => trailingHours(end, length));
  const widest = trailingHours(end, Math.max(...lengths));
  const { byCircuit, hours } = await readHours(database, request, widest);
  const circuits = await database.query<CircuitRow>(
    `select c.id, c.mac, c.port_id as "portId", c.site_id as "siteId", s.external_id as site
     from circuit c join site s on s.id = c.site_id and s.org_id = c.org_id where c.org_id = $1`,
    [org.id],
  );
  const memberships = await loadMemberships(database, org.id, [...byCircuit.keys()]);
  const fold = new TrailingFold(request, spans, memberships);
  for (const circuit of circuits) {
    const own = byCircuit.get(circuit.id);
    if (own !== undefined)
      fold.add(circuit, stretchesOf(circuit.id, own, memberships, { from: widest.from - HOUR_MS, to: widest.to }));
  }
  return fold.finish(hours);
}
