export interface SharedReadingOptions<K, T> {
  readonly read: (key: K) => Promise<T>;
  /** The time that the reading is about, epoch ms; it may be driven, and stand still or jump. */
  readonly now: () => number;
  /** What is younger is given as it is. 0 = nothing is kept, and only those who ask at the same time share. */
  readonly freshMs: number;
  /** What is younger is given while it is read anew; nobody gets anything older. */
  readonly staleMs: number;
  /** Of a reading that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

interface Kept<T> {
  value: T | null;
  /** When the reading of the value began: by the machine, and by the time it is about. */
  readAt: number;
  about: number;
  reading: Promise<T> | null;
}

/** Readings that many ask for and that cost much: one at a time for each key, and kept for some seconds. */
export class SharedReading<K, T> {
  private readonly kept = new Map<K, Kept<T>>();

  constructor(private readonly options: SharedReadingOptions<K, T>) {}

  async get(key: K): Promise<T> {
    const { freshMs, staleMs, onError } = this.options;
    this.forgetOld();
    const kept = this.kept.get(key) ?? { value: null, readAt: 0, about: 0, reading: null };
    this.kept.set(key, kept);
    const ageMs = this.ageOf(kept);
    if (kept.value !== null && ageMs < freshMs) return kept.value;
    if (kept.value === null || ageMs >= staleMs) return (kept.reading ??= this.read(key, kept));
    if (kept.reading === null) {
      kept.reading = this.read(key, kept);
      kept.reading.catch(onError);
    }
    return kept.value;
  }

  private async read(key: K, kept: Kept<T>): Promise<T> {
    const [readAt, about] = [performance.now(), this.options.now()];
    try {
      const value = await this.options.read(key);
      if (this.options.freshMs > 0) Object.assign(kept, { value, readAt, about });
      return value;
    } finally {
      kept.reading = null;
    }
  }

  private ageOf({ readAt, about }: Kept<T>): number {
    return Math.max(performance.now() - readAt, Math.abs(this.options.now() - about));
  }

  /** What nobody asks for any more must not fill the memory. */
  private forgetOld(): void {
    for (const [key, kept] of this.kept)
      if (kept.reading === null && this.ageOf(kept) >= this.options.staleMs) this.kept.delete(key);
  }
}
