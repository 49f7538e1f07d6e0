/** One call, as received. `status` is null while it is unanswered (and for ever after a time-out). */
export interface RequestEntry {
  readonly at: number;
  readonly realMs: number;
  readonly token: string | null;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  status: number | null;
}

/** Keeps the last calls, for tests that count them. */
const KEPT = 200_000;

export class RequestLog {
  private entries: RequestEntry[] = [];

  add(entry: RequestEntry): RequestEntry {
    if (this.entries.length >= KEPT) this.entries = this.entries.slice(KEPT / 2);
    this.entries.push(entry);
    return entry;
  }

  all(): readonly RequestEntry[] {
    return this.entries;
  }

  clear(): void {
    this.entries = [];
  }

  /** Calls whose path matches, optionally of one token. */
  count(path: RegExp, token?: string): number {
    return this.entries.filter((entry) => path.test(entry.path) && (token === undefined || entry.token === token)).length;
  }
}
