import type { EpochMs, Span } from '../sample.js';
import type { Failover, FailoverEnd, FailoverTrigger, FailoverWhy } from './failover.js';

/** Another circuit of the site at one instant; those that a site falls back on first come first. */
export interface Carrier {
  readonly id: number;
  readonly carries: boolean | null;
  /** When its newest reading was taken; `null`: too old to count. */
  readonly readAt: EpochMs | null;
}

interface Suspicion {
  readonly at: EpochMs;
  readonly why: FailoverWhy;
  readonly backupId: number;
}

/** Decides about one primary: two polls or one event begin a failover, two polls end it. */
export class FailoverWatch {
  private readonly done: Failover[] = [];
  /** The last poll at which it did not carry and another did. */
  private suspicion: Suspicion | null = null;
  /** It went down by an event, and no reading since has told whether another carries. */
  private downSince: EpochMs | null = null;
  /** The last poll, at which it carried while failed over. */
  private recoveredAt: EpochMs | null = null;

  constructor(
    private readonly primaryId: number,
    private readonly maxGapMs: number,
    private open: Failover | null,
  ) {}

  get failovers(): readonly Failover[] {
    return this.open === null ? this.done : [...this.done, this.open];
  }

  get isUnsettled(): boolean {
    return this.open !== null || this.suspicion !== null || this.downSince !== null;
  }

  wentDown(at: EpochMs, others: readonly Carrier[]): void {
    this.recoveredAt = null;
    if (this.open !== null) return;
    this.downSince = at;
    const carrier = others.find(({ carries }) => carries === true);
    if (carrier !== undefined) this.start({ at, why: 'down', backupId: carrier.id }, 'event', at);
  }

  cameUp(): void {
    this.downSince = null;
  }

  disabled(at: EpochMs): void {
    this.end(at, 'disabled');
  }

  polled(at: EpochMs, primary: { readonly carries: boolean; readonly why: FailoverWhy }, others: readonly Carrier[]): void {
    if (primary.carries) {
      this.suspicion = null;
      this.downSince = null;
      this.recover(at);
      return;
    }
    this.recoveredAt = null;
    if (this.open === null) this.askOthers(at, others);
    if (this.open === null) this.suspect(at, primary.why, others);
  }

  /** News of the other circuits: they may confirm an event, or take over from each other. */
  othersTold(at: EpochMs, others: readonly Carrier[], primaryCarries: boolean | null): void {
    if (primaryCarries !== false) this.downSince = null;
    if (this.open === null) this.askOthers(at, others);
    const { open } = this;
    if (open === null || at < open.decidedAt) return;
    const active = open.changes.at(-1)?.circuitId ?? open.backupId;
    if (others.find(({ id }) => id === active)?.carries !== false) return;
    const carrier = others.find(({ carries }) => carries === true);
    if (carrier !== undefined) this.open = { ...open, changes: [...open.changes, { at, circuitId: carrier.id }] };
  }

  /** A failover ends where its circuit stops being the primary. */
  endRole(spans: readonly Span[], at: EpochMs, from: EpochMs): void {
    const { open } = this;
    if (open === null) return;
    const own = spans.find((span) => span.from <= open.startedAt && open.startedAt < span.to);
    const end = Math.max(own?.to ?? -Infinity, from);
    if (own === undefined || own.to <= at) this.end(end, 'role');
  }

  /** After an event: the first reading taken since that shows another carrying confirms it; when all others say no, it was no failover. */
  private askOthers(at: EpochMs, others: readonly Carrier[]): void {
    const since = this.downSince;
    if (since === null) return;
    if (at - since > this.maxGapMs) {
      this.downSince = null;
      return;
    }
    const fresh = others.filter(({ readAt }) => readAt !== null && readAt >= since);
    const carrier = fresh.find(({ carries }) => carries === true);
    if (carrier !== undefined) this.start({ at: since, why: 'down', backupId: carrier.id }, 'event', at);
    else if (fresh.length === others.length && fresh.every(({ carries }) => carries === false)) this.downSince = null;
  }

  private suspect(at: EpochMs, why: FailoverWhy, others: readonly Carrier[]): void {
    const carrier = others.find(({ carries }) => carries === true);
    const last = this.suspicion;
    if (carrier === undefined) this.suspicion = null;
    else if (last === null || at - last.at > this.maxGapMs) this.suspicion = { at, why, backupId: carrier.id };
    else this.start(last, 'poll', at);
  }

  private recover(at: EpochMs): void {
    if (this.open === null) return;
    const last = this.recoveredAt;
    if (last === null || at - last > this.maxGapMs) this.recoveredAt = at;
    else this.end(last, 'carries');
  }

  private start({ at, why, backupId }: Suspicion, trigger: FailoverTrigger, decidedAt: EpochMs): void {
    this.forget();
    const { primaryId } = this;
    const goesOn = { endedAt: null, endedBy: null, changes: [] };
    this.open = { primaryId, backupId, startedAt: at, decidedAt, trigger, why, ...goesOn };
  }

  private end(at: EpochMs, endedBy: FailoverEnd): void {
    this.forget();
    if (this.open === null) return;
    const { changes, startedAt } = this.open;
    // Found ended at a poll later than the first good one: what changed in between was after the end.
    if (at > startedAt)
      this.done.push({ ...this.open, endedAt: at, endedBy, changes: changes.filter((change) => change.at < at) });
    this.open = null;
  }

  private forget(): void {
    this.suspicion = null;
    this.downSince = null;
    this.recoveredAt = null;
  }
}
