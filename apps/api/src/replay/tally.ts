import type { ReplayedNotice } from '@app/domain';

export interface NoticesTally {
  /** Incidents that anybody would have heard of. */
  readonly incidents: number;
  /** One per destination. */
  readonly notices: number;
  /** What of them would have waited for a digest, and how many of those there would have been. */
  readonly inDigests: number;
  readonly digests: number;
  readonly byReason: Readonly<Record<string, number>>;
}

/** Counts notices. */
export class Tally {
  readonly byDestination = new Map<string, number>();
  private readonly byReason: Record<string, number> = {};
  private readonly digests = new Set<string>();
  private incidents = 0;
  private inDigests = 0;

  /** All notices of one incident. */
  take(notices: readonly ReplayedNotice[]): void {
    if (notices.length > 0) this.incidents += 1;
    for (const { reason, to, digestAt } of notices) {
      this.byReason[reason] = (this.byReason[reason] ?? 0) + to.length;
      for (const destination of to) {
        this.byDestination.set(destination, (this.byDestination.get(destination) ?? 0) + 1);
        if (digestAt === null) continue;
        this.inDigests += 1;
        this.digests.add(`${String(digestAt)} ${destination}`);
      }
    }
  }

  get result(): NoticesTally {
    const notices = Object.values(this.byReason).reduce((sum, count) => sum + count, 0);
    const { incidents, inDigests, byReason } = this;
    return { incidents, notices, inDigests, digests: this.digests.size, byReason };
  }
}

type Counts = ReadonlyMap<string, number>;

/** The counts of each destination side by side, the busiest first. */
export function tallied({ sent, now, changed }: { readonly sent: Counts; readonly now: Counts; readonly changed: Counts }) {
  return [...new Set([...sent.keys(), ...now.keys(), ...changed.keys()])]
    .map((destination) => ({
      destination,
      sent: sent.get(destination) ?? 0,
      now: now.get(destination) ?? 0,
      changed: changed.get(destination) ?? 0,
    }))
    .sort((a, b) => b.changed - a.changed || b.now - a.now || (a.destination < b.destination ? -1 : 1));
}
