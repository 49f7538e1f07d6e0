import type { Congestion, DhcpTrouble, SiteEffects } from '../scenario/effects.js';
import type { Circuit, Site } from '../world/nouns.js';
import { type Interval, spanAt, subtract, union } from './intervals.js';
import { type Direction, ordinaryLoad } from './load.js';
import { Traffic } from './traffic.js';

/** A port that went down or came up. */
export interface Transition {
  readonly atMs: number;
  readonly up: boolean;
}

/** One circuit's course. */
export interface CircuitTimeline {
  readonly circuit: Circuit;
  readonly downs: readonly Interval[];
  readonly transitions: readonly Transition[];
  readonly congestions: readonly Congestion[];
  readonly traffic: Readonly<Record<Direction, Traffic>>;
}

const within = (span: Interval, others: readonly Interval[]): boolean =>
  others.some((other) => other.fromMs <= span.fromMs && span.toMs <= other.toMs);

/** Later congestions give way to earlier ones where they overlap. */
const withoutOverlap = (list: readonly Congestion[]): Congestion[] =>
  [...list]
    .sort((a, b) => a.fromMs - b.fromMs)
    .filter((item, index, all) => !all.slice(0, index).some((before) => before.toMs > item.fromMs));

/** Everything that happens to one site, as spans and closed-form functions of time. */
export class SiteTimeline {
  readonly cutOffs: readonly Interval[];
  readonly powerless: readonly Interval[];
  readonly pathDowns: readonly Interval[];
  readonly dhcp: readonly DhcpTrouble[];
  readonly circuits: readonly CircuitTimeline[];

  constructor(
    readonly site: Site,
    effects: SiteEffects,
    private readonly place: { seed: number; referenceMs: number },
  ) {
    this.cutOffs = union(effects.cutOffs);
    this.powerless = union(effects.cutOffs.filter((span) => span.reboots));
    this.pathDowns = union(effects.pathDowns);
    this.dhcp = effects.dhcp;
    this.circuits = site.circuits.map((circuit) => this.circuitTimeline(circuit, effects));
  }

  circuitOf(portId: string): CircuitTimeline | null {
    return this.circuits.find(({ circuit }) => circuit.portId === portId) ?? null;
  }

  cutOffAt(atMs: number): Interval | null {
    return spanAt(this.cutOffs, atMs);
  }

  /** What the cloud knows at a time: while it cannot hear the gateway, the moment it lost it. */
  lastHeardMs(atMs: number): number {
    return this.cutOffAt(atMs)?.fromMs ?? atMs;
  }

  /** Start of the present uptime. */
  bootAtMs(atMs: number): number {
    return this.powerless.filter((span) => span.toMs <= atMs).at(-1)?.toMs ?? this.site.gateway.bootAtMs;
  }

  isUp(course: CircuitTimeline, atMs: number): boolean {
    return spanAt(course.downs, atMs) === null;
  }

  /** Whether traffic uses this circuit: the first circuit, in order, that can carry it. */
  isActive(course: CircuitTimeline, atMs: number): boolean {
    const able = this.circuits.find(
      (other) => this.isUp(other, atMs) && !(other === this.circuits[0] && spanAt(this.pathDowns, atMs)),
    );
    return able === course;
  }

  /** Cumulative bytes since the gateway's last start; a lost cloud connection without power loss does not stop it. */
  counter(course: CircuitTimeline, direction: Direction, atMs: number): number {
    return Math.max(0, Math.floor(course.traffic[direction].bytesBetween(this.bootAtMs(atMs), atMs)));
  }

  private circuitTimeline(circuit: Circuit, effects: SiteEffects): CircuitTimeline {
    const downs = this.downsOf(circuit, effects);
    const congestions = withoutOverlap(effects.congestions.get(circuit.portId) ?? []);
    return {
      circuit,
      downs,
      transitions: downs.flatMap((span) => [
        { atMs: span.fromMs, up: false },
        { atMs: span.toMs, up: true },
      ]),
      congestions,
      traffic: { rx: this.trafficOf(circuit, 'rx', effects), tx: this.trafficOf(circuit, 'tx', effects) },
    };
  }

  /** A port does not change while its box has no power, and a box that starts finds its ports as they are. */
  private downsOf(circuit: Circuit, effects: SiteEffects): readonly Interval[] {
    return union(effects.downs.get(circuit.portId) ?? []).filter((span) => !within(span, this.powerless));
  }

  private trafficOf(circuit: Circuit, direction: Direction, effects: SiteEffects): Traffic {
    const isPrimary = circuit === this.site.circuits[0];
    const boughtBps = (direction === 'rx' ? circuit.downMbps : circuit.upMbps) * 1e6;
    const plan = {
      own: ordinaryLoad({ ...this.place, site: this.site, circuit }, direction),
      boughtBps,
      silent: union([...this.downsOf(circuit, effects), ...this.powerless]),
      idle: isPrimary ? this.pathDowns : [],
      congestions: withoutOverlap(effects.congestions.get(circuit.portId) ?? []),
      borrowed: this.borrowedBy(circuit, direction, effects),
    };
    return new Traffic(plan, this.site.gateway.bootAtMs);
  }

  /** The second circuit takes over the first one's load, squeezed into what it can carry. */
  private borrowedBy(
    circuit: Circuit,
    direction: Direction,
    effects: SiteEffects,
  ): { curve: ReturnType<typeof ordinaryLoad>; share: number; spans: readonly Interval[] } | null {
    const [primary, secondary] = this.site.circuits;
    if (!primary || circuit !== secondary) return null;
    const bought = (item: Circuit): number => (direction === 'rx' ? item.downMbps : item.upMbps);
    const share = Math.min(1, (0.85 * bought(circuit)) / Math.max(1, bought(primary) * primary.level));
    const away = union([...this.downsOf(primary, effects), ...this.pathDowns]);
    const spans = subtract(away, [...this.downsOf(circuit, effects), ...this.powerless]);
    return spans.length === 0
      ? null
      : { curve: ordinaryLoad({ ...this.place, site: this.site, circuit: primary }, direction), share, spans };
  }
}
