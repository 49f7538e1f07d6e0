import type { CircuitRole } from '../circuit.js';
import { onePerInstant } from '../kpi/facts.js';
import type { EpochMs, PathSample, PortSample, PortState, Span } from '../sample.js';
import { isInside, mergeSpans } from '../time/spans.js';
import { CarryingTracker, type CarryingRules, type Taken } from './carrying.js';
import { primarySpans, roleAt, type Failover, type SiteCircuit } from './failover.js';
import { FailoverWatch, type Carrier } from './watch.js';

/** What is to be decided. Observations may reach beyond it on both sides: those before tell how things stood at its start. */
export interface DetectionTask {
  /** Failovers start, change and end in `[from, to)`. */
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The failovers that go on at `from`: all that must be known of the time before. */
  readonly open: readonly Failover[];
  readonly now: EpochMs;
}

export interface Detection {
  /** Those going on at the start and those begun since, ascending. */
  readonly failovers: readonly Failover[];
  /** A primary that does not carry, or a failover that goes on: the next observation of any circuit of the site may matter. */
  readonly isUnsettled: boolean;
}

interface Item {
  readonly at: EpochMs;
  /** Paths before events before polls where they meet. */
  readonly rank: 0 | 1 | 2;
  readonly circuit: number;
  readonly paths: readonly PathSample[];
  readonly events: ReadonlySet<PortState>;
  readonly poll: PortSample | null;
}

const NO_EVENTS: ReadonlySet<PortState> = new Set();

const grouped = <T extends { readonly at: EpochMs }>(items: readonly T[]): Map<EpochMs, T[]> => {
  const groups = new Map<EpochMs, T[]>();
  for (const item of items) {
    const group = groups.get(item.at);
    if (group === undefined) groups.set(item.at, [item]);
    else group.push(item);
  }
  return groups;
};

/** The observations of one circuit that count, one item per instant and kind. */
const itemsOf = ({ polls, events, paths, cutOffs }: SiteCircuit, circuit: number): Item[] => {
  const merged = mergeSpans(cutOffs);
  const isHeard = ({ at }: { readonly at: EpochMs }): boolean => !isInside(merged, at);
  const base = { circuit, paths: [], events: NO_EVENTS, poll: null };
  return [
    ...[...grouped(paths.filter(isHeard))].map(([at, own]): Item => ({ ...base, at, rank: 0, paths: own })),
    ...[...grouped(events)].map(([at, own]): Item => ({ ...base, at, rank: 1, events: new Set(own.map(({ state }) => state)) })),
    ...onePerInstant(polls.filter(isHeard)).map((poll): Item => ({ ...base, at: poll.at, rank: 2, poll })),
  ];
};

/** What one instant told of one circuit. */
interface Told {
  event: PortState | null;
  poll: Taken | null;
}

/** A site falls back on its secondary first. */
const RANKS: readonly (CircuitRole | null)[] = ['secondary', 'backup', null, 'primary'];

/** Walks the observations of a site and lets one watch per primary decide. */
class SiteWalk {
  private readonly trackers: CarryingTracker[];
  private readonly watches: { readonly circuit: number; readonly spans: readonly Span[]; readonly watch: FailoverWatch }[];

  constructor(
    private readonly circuits: readonly SiteCircuit[],
    private readonly task: DetectionTask,
    rules: CarryingRules,
  ) {
    this.trackers = circuits.map(() => new CarryingTracker(rules));
    this.watches = circuits.flatMap(({ id, roles }, circuit) => {
      const spans = primarySpans(roles);
      const open = task.open.find(({ primaryId }) => primaryId === id) ?? null;
      if (spans.length === 0 && open === null) return [];
      return [{ circuit, spans: mergeSpans(spans), watch: new FailoverWatch(id, rules.maxGapMs, begun(open, task.from)) }];
    });
  }

  run(): Detection {
    const items = this.circuits.flatMap(itemsOf).sort((a, b) => a.at - b.at || a.rank - b.rank);
    let at = -Infinity;
    for (let next = 0; next < items.length;) {
      at = items[next]?.at ?? Infinity;
      const told = new Map<number, Told>();
      for (let item = items[next]; item?.at === at; item = items[++next]) this.take(item, told);
      if (at >= this.task.from) this.decide(at, told);
    }
    for (const { spans, watch } of this.watches) watch.endRole(spans, this.task.now, this.task.from);
    const failovers = this.watches.flatMap(({ watch }) => watch.failovers).flatMap((each) => within(each, this.task));
    return {
      failovers: failovers.sort((a, b) => a.startedAt - b.startedAt || a.primaryId - b.primaryId),
      isUnsettled: this.isUnsettled(at),
    };
  }

  private isUnsettled(at: EpochMs): boolean {
    return this.watches.some(({ circuit, spans, watch }) => {
      const isPrimary = isInside(spans, at);
      return watch.isUnsettled || (isPrimary && this.trackers[circuit]?.carries(at) === false);
    });
  }

  private take({ at, circuit, paths, events, poll }: Item, told: Map<number, Told>): void {
    const tracker = this.trackers[circuit];
    if (tracker === undefined) return;
    if (paths.length > 0) tracker.takePaths(at, paths);
    const each = told.get(circuit) ?? { event: null, poll: null };
    told.set(circuit, each);
    const [state] = events;
    // A port that goes both ways in one instant ends where it was.
    if (state !== undefined && events.size === 1) {
      tracker.takeEvent(at, state);
      each.event = state;
    }
    if (poll !== null) each.poll = tracker.takePoll(poll);
  }

  private decide(at: EpochMs, told: ReadonlyMap<number, Told>): void {
    for (const { circuit, spans, watch } of this.watches) {
      watch.endRole(spans, at, this.task.from);
      const tracker = this.trackers[circuit];
      if (tracker === undefined || !isInside(spans, at)) continue;
      const others = this.othersOf(circuit, at);
      const own = told.get(circuit);
      if (own?.event === 'down') watch.wentDown(at, others);
      else if (own?.event === 'up') watch.cameUp();
      if (own?.poll === 'disabled') watch.disabled(at);
      else if (own?.poll === 'known') watch.polled(at, { carries: tracker.carries(at) === true, why: tracker.why }, others);
      watch.othersTold(at, others, tracker.carries(at));
    }
  }

  /** The other circuits, in the order in which a site falls back on them. */
  private othersOf(primary: number, at: EpochMs): Carrier[] {
    return this.circuits
      .flatMap((circuit, i) => {
        const tracker = this.trackers[i];
        if (i === primary || tracker === undefined) return [];
        const order = RANKS.indexOf(roleAt(circuit.roles, at));
        return [{ id: circuit.id, order, carries: tracker.carries(at), readAt: tracker.readAt(at) }];
      })
      .sort((a, b) => a.order - b.order || a.id - b.id);
  }
}

/** A failover as it stood at the start of the task. */
const begun = (open: Failover | null, from: EpochMs): Failover | null =>
  open === null ? null : { ...open, endedAt: null, endedBy: null, changes: open.changes.filter(({ at }) => at < from) };

/** What of a failover was decided before the end of the task. */
const within = (failover: Failover, { to }: DetectionTask): Failover[] => {
  if (failover.startedAt >= to) return [];
  const changes = failover.changes.filter(({ at }) => at < to);
  const isOver = failover.endedAt !== null && failover.endedAt < to;
  return [{ ...failover, changes, ...(isOver ? {} : { endedAt: null, endedBy: null }) }];
};

/**
 * Failovers of one site from all that was observed of its circuits. Cutting the time into tasks, each with what went on at its start and the
 * observations of two gaps before and after, gives the same as one.
 */
export const detectFailovers = (circuits: readonly SiteCircuit[], task: DetectionTask, rules: CarryingRules): Detection =>
  new SiteWalk(circuits, task, rules).run();
