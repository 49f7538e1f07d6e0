import {
  bucketOf,
  HOURLY_KPIS,
  LEVELS,
  leastAtOrAbove,
  type Bucket,
  type EpochMs,
  type Grain,
  type HourlyKpi,
  type Span,
  type Thresholds,
} from '@app/domain';
import { circuitThresholds, type Membership, type Memberships, type ThresholdSource } from '@app/shared';

/** A circuit as thresholds know it. */
export interface RolledCircuit {
  readonly id: number;
  readonly siteId: number;
  readonly mac: string;
  readonly portId: string;
}

/** A day of one circuit that has to be folded. */
export interface CircuitDay extends Span {
  readonly circuitId: number;
}

/** A part of a circuit's day in which it was at one site, and belonged to the same groups. */
export interface Stretch extends Span {
  readonly circuitId: number;
  /** Start of the day. */
  readonly start: EpochMs;
  /** Place of what holds for it in `Worklist.places`. */
  readonly place: number;
}

/** What holds for the hours of a stretch. */
export interface Place extends Membership {
  readonly siteId: number;
  /** Least values that count as above, in stored order. */
  readonly least: readonly number[];
}

/** What makes places: who belonged where, and the thresholds of that. */
export interface PlaceRules {
  readonly memberships: Memberships;
  readonly source: ThresholdSource;
  readonly orgExternalId: string;
  readonly siteNames: ReadonlyMap<number, string>;
}

/** `bucketOf` for instants that come again and again: circuits share their days. */
export function rememberedBuckets(grain: Grain, zone: string): (at: EpochMs) => Bucket {
  const known = new Map<EpochMs, Bucket>();
  return (at) => {
    const bucket = known.get(at) ?? bucketOf(at, grain, zone);
    known.set(at, bucket);
    return bucket;
  };
}

/** All local days in the spans of a circuit, each once, ascending. */
export function daysOf(circuitId: number, spans: readonly Span[], find: (at: EpochMs) => Bucket): CircuitDay[] {
  const days = new Map<EpochMs, CircuitDay>();
  for (const span of spans) {
    for (let at = span.from; at < span.to;) {
      const { from, to } = find(at);
      days.set(from, { circuitId, from, to });
      at = to;
    }
  }
  return [...days.values()].sort((a, b) => a.from - b.from);
}

/** Stretches to be folded in one statement, with what holds for them said once. */
export class Worklist {
  readonly stretches: Stretch[] = [];
  readonly places: Place[] = [];
  private readonly known = new Map<string, number>();
  private readonly least = new Map<number, number>();
  /** Days of one circuit follow each other, and mostly nothing changes from one to the next. */
  private last: { circuitId: number; siteId: number; membership: Membership; place: number } | null = null;

  constructor(private readonly rules: PlaceRules) {}

  /** A span of a day at one site, cut where the groups change. */
  add(circuit: RolledCircuit, siteId: number, { start, from, to }: Span & { readonly start: EpochMs }): void {
    const cuts = this.rules.memberships.changesIn(circuit.id, siteId, { from, to });
    const pieces: { from: EpochMs; to: EpochMs; readonly place: number }[] = [];
    for (const [i, cut] of [from, ...cuts].entries()) {
      const place = this.placeOf(circuit, siteId, cut);
      const last = pieces.at(-1);
      const end = cuts[i] ?? to;
      if (last?.place === place) last.to = end;
      else pieces.push({ from: cut, to: end, place });
    }
    for (const piece of pieces)
      this.stretches.push({ circuitId: circuit.id, start, from: piece.from, to: piece.to, place: piece.place });
  }

  private placeOf(circuit: RolledCircuit, siteId: number, at: EpochMs): number {
    const membership = this.rules.memberships.at(circuit.id, siteId, at);
    const { region, storeType, provider } = membership;
    const { last } = this;
    const isSame =
      last?.circuitId === circuit.id &&
      last.siteId === siteId &&
      last.membership.region === region &&
      last.membership.storeType === storeType &&
      last.membership.provider === provider;
    if (isSame) return last.place;
    const place = this.placeOfMember(circuit, siteId, membership);
    this.last = { circuitId: circuit.id, siteId, membership, place };
    return place;
  }

  private placeOfMember(circuit: RolledCircuit, siteId: number, membership: Membership): number {
    const { region, storeType, provider } = membership;
    const hasOwn = `${circuit.mac}/${circuit.portId}` in this.rules.source.thresholds.circuits;
    const key = JSON.stringify([siteId, region, storeType, provider, hasOwn ? circuit.id : null]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const thresholds = circuitThresholds(this.rules.source, {
      orgId: this.rules.orgExternalId,
      siteId: this.rules.siteNames.get(siteId) ?? null,
      region,
      storeType,
      mac: circuit.mac,
      portId: circuit.portId,
    });
    this.places.push({ ...membership, siteId, least: this.leastOf(thresholds) });
    this.known.set(key, this.places.length - 1);
    return this.places.length - 1;
  }

  private leastOf(thresholds: Readonly<Record<HourlyKpi, Thresholds>>): number[] {
    return HOURLY_KPIS.flatMap((kpi) => LEVELS.map((level) => this.leastOfOne(thresholds[kpi][level])));
  }

  private leastOfOne(threshold: number): number {
    const known = this.least.get(threshold) ?? leastAtOrAbove(threshold);
    this.least.set(threshold, known);
    return known;
  }
}
