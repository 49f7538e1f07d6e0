import { DAY_MS, detectFailovers, type EpochMs, type Failover, type FactSettings, type Span } from '@app/domain';
import type { Copying } from '@app/shared';
import { loadObserved } from './observed.repository.js';
import type { SiteOfFailovers } from './sites.repository.js';
import type { StoredFailover } from './stored.repository.js';

/** A site about which something new is known in this stretch of time; both ends belong to it. */
export interface Due extends Span {
  readonly siteId: number;
}

/** What was found in `[from, to)`; at a `to` that is not Infinity it meets what is stored. */
export interface Found extends Span {
  readonly failovers: readonly Failover[];
  readonly isUnsettled: boolean;
}

export interface RunRules {
  readonly now: EpochMs;
  readonly rules: FactSettings;
}

/** Time looked at in one go, so that memory stays flat; what came late is usually settled within it. */
const WINDOW_MS = 3 * DAY_MS;

const sameStart = (a: Failover, b: Failover): boolean => a.primaryId === b.primaryId && a.startedAt === b.startedAt;

/** Whether two accounts of one failover agree on all that happened before `at`. */
export const agree = (a: Failover, b: Failover, at: EpochMs): boolean =>
  sameStart(a, b) &&
  a.decidedAt === b.decidedAt &&
  a.backupId === b.backupId &&
  a.trigger === b.trigger &&
  a.why === b.why &&
  JSON.stringify(a.changes.filter((change) => change.at < at)) === JSON.stringify(b.changes.filter((change) => change.at < at));

export const goesOnAt = ({ startedAt, endedAt }: Failover, at: EpochMs): boolean =>
  startedAt < at && (endedAt === null || endedAt >= at);

/** Finds the failovers of one site anew, window by window, until what is found meets what is stored. */
export class SiteRun {
  private at: EpochMs;
  private open: readonly Failover[];
  private readonly over: Failover[] = [];
  private readonly newest: EpochMs;
  result: Found | null = null;

  constructor(
    readonly site: SiteOfFailovers,
    readonly due: Due,
    private readonly start: EpochMs,
    private readonly stored: readonly StoredFailover[],
  ) {
    this.at = start;
    this.open = stored.filter((each) => goesOnAt(each, start));
    this.newest = Math.max(...site.circuits.map(({ lastObservedAt }) => lastObservedAt ?? -Infinity));
  }

  /** The next stretch of decisions. */
  get window(): Span {
    const end = (Number.isFinite(this.at) ? this.at : this.newest) + WINDOW_MS;
    return { from: this.at, to: end > this.newest ? Infinity : end };
  }

  take(circuits: Parameters<typeof detectFailovers>[0], { now, rules }: RunRules): void {
    const window = this.window;
    const { failovers, isUnsettled } = detectFailovers(circuits, { ...window, open: this.open, now }, rules);
    this.over.push(...failovers.filter(({ endedAt }) => endedAt !== null));
    this.open = failovers.filter(({ endedAt }) => endedAt === null);
    this.at = window.to;
    if (this.isOver(rules.maxGapMs))
      this.result = { from: this.start, to: window.to, failovers: [...this.over, ...this.open], isUnsettled };
  }

  private isOver(maxGapMs: number): boolean {
    if (this.at === Infinity) return true;
    if (this.at < this.due.to + 3 * maxGapMs) return false;
    const going = this.stored.filter((each) => goesOnAt(each, this.at));
    return going.length === this.open.length && this.open.every((each) => going.some((other) => agree(each, other, this.at)));
  }
}

/** Runs of several sites side by side: one set of queries for a window of each. */
export async function runAll(db: Copying, orgId: number, runs: readonly SiteRun[], how: RunRules): Promise<void> {
  const reach = 2 * how.rules.maxGapMs;
  for (let open = runs; open.length > 0; open = open.filter(({ result }) => result === null)) {
    const asked = open.flatMap(({ site, window }) =>
      site.circuits.map((circuit) => ({ circuit, from: window.from - reach, to: window.to + reach + 1 })),
    );
    const observed = await loadObserved(db, orgId, asked);
    let next = 0;
    for (const run of open) {
      const count = run.site.circuits.length;
      run.take(observed.slice(next, next + count), how);
      next += count;
    }
  }
}
