import { problem } from '../http/problem.js';

export interface PlacesLimit {
  /** Of all callers in this process. */
  readonly most: number;
  /** Of one caller. */
  readonly each: number;
  /** Such as `exports`. */
  readonly what: string;
  readonly retryAfterS: number;
}

/** How much work that takes long goes on at a time: one caller must not keep out the others. */
export class Places {
  private readonly taken = new Map<string, number>();

  constructor(private readonly limit: PlacesLimit) {}

  /** Begins one of a caller; what it returns ends it, once. */
  begin(callerId: string): () => void {
    const { most, each, what } = this.limit;
    const own = this.taken.get(callerId) ?? 0;
    if (own >= each) throw this.refused(`You have ${String(each)} of ${String(each)} ${what} running; wait until it is done.`);
    const all = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    if (all >= most) throw this.refused(`${String(most)} ${what} are running; wait until one of them is done.`);
    this.taken.set(callerId, own + 1);
    let isOver = false;
    return () => {
      if (!isOver) this.free(callerId);
      isOver = true;
    };
  }

  private refused(detail: string) {
    return problem('rate-limited', { detail, headers: { 'retry-after': String(this.limit.retryAfterS) } });
  }

  private free(callerId: string): void {
    const left = (this.taken.get(callerId) ?? 1) - 1;
    if (left === 0) this.taken.delete(callerId);
    else this.taken.set(callerId, left);
  }
}
