import { problem } from '../http/problem.js';

export interface PlacesLimit {
  /** Of all callers in this process. */
  readonly most: number;
  /** Of one API key. */
  readonly each: number;
  /** Such as `exports`. */
  readonly what: string;
  readonly retryAfterS: number;
}

/** How much work that takes long goes on at a time: one caller must not keep out the others. */
export class Places {
  private readonly taken = new Map<string, number>();

  constructor(private readonly limit: PlacesLimit) {}

  /** Begins one of a key; what it returns ends it, once. */
  begin(keyId: string): () => void {
    const { most, each, what } = this.limit;
    const own = this.taken.get(keyId) ?? 0;
    if (own >= each)
      throw this.refused(`This key has ${String(each)} of ${String(each)} ${what} running; wait until it is done.`);
    const all = [...this.taken.values()].reduce((sum, count) => sum + count, 0);
    if (all >= most) throw this.refused(`${String(most)} ${what} are running; wait until one of them is done.`);
    this.taken.set(keyId, own + 1);
    let isOver = false;
    return () => {
      if (!isOver) this.free(keyId);
      isOver = true;
    };
  }

  private refused(detail: string) {
    return problem('rate-limited', { detail, headers: { 'retry-after': String(this.limit.retryAfterS) } });
  }

  private free(keyId: string): void {
    const left = (this.taken.get(keyId) ?? 1) - 1;
    if (left === 0) this.taken.delete(keyId);
    else this.taken.set(keyId, left);
  }
}
