import { SharedReading } from './shared-reading.js';

interface Bench {
  readonly shared: SharedReading<string, number>;
  readonly errors: unknown[];
  now: number;
  reads: number;
  fails: boolean;
  /** Ends with the reading that began last, whatever its end. */
  last: Promise<unknown>;
}

function benchOf(freshMs: number, staleMs: number): Bench {
  const bench: Bench = {
    shared: new SharedReading<string, number>({
      read: () => {
        const read = ++bench.reads;
        const reading = bench.fails ? Promise.reject(new Error(`reading ${read}`)) : Promise.resolve(read);
        bench.last = Promise.allSettled([reading]);
        return reading;
      },
      now: () => bench.now,
      freshMs,
      staleMs,
      onError: (error) => bench.errors.push(error),
    }),
    errors: [],
    now: 0,
    reads: 0,
    fails: false,
    last: Promise.resolve(),
  };
  return bench;
}

/** So long that the machine's own clock decides nothing here; the time that is read about is driven. */
const FRESH = 3_600_000;
const STALE = 10 * FRESH;

describe('a shared reading', () => {
  it('is done once for all who ask at the same time, and kept while it is fresh', async () => {
    const bench = benchOf(FRESH, STALE);
    expect(await Promise.all([bench.shared.get('a'), bench.shared.get('a'), bench.shared.get('b')])).toEqual([1, 1, 2]);
    bench.now = FRESH - 1;
    expect(await bench.shared.get('a')).toBe(1);
  });

  it('is given while it is stale, and read anew behind it', async () => {
    const bench = benchOf(FRESH, STALE);
    await bench.shared.get('a');
    bench.now = FRESH;
    expect(await bench.shared.get('a')).toBe(1);
    await bench.last;
    expect(await bench.shared.get('a')).toBe(2);
    expect(bench.reads).toBe(2);
  });

  it('is waited for when it is older, or when time went back', async () => {
    const bench = benchOf(FRESH, STALE);
    await bench.shared.get('a');
    bench.now = STALE;
    expect(await bench.shared.get('a')).toBe(2);
    bench.now = 0;
    expect(await bench.shared.get('a')).toBe(3);
  });

  it('that fails behind is told, and shows what was read before until that is too old', async () => {
    const bench = benchOf(FRESH, STALE);
    await bench.shared.get('a');
    bench.fails = true;
    bench.now = FRESH;
    expect(await bench.shared.get('a')).toBe(1);
    await bench.last;
    expect(bench.errors).toEqual([new Error('reading 2')]);
    bench.now = STALE;
    await expect(bench.shared.get('a')).rejects.toThrow('reading 3');
    expect(bench.errors).toHaveLength(1);
    bench.fails = false;
    expect(await bench.shared.get('a')).toBe(bench.reads);
  });

  it('is shared but not kept where nothing may be old', async () => {
    const bench = benchOf(0, 0);
    expect(await Promise.all([bench.shared.get('a'), bench.shared.get('a')])).toEqual([1, 1]);
    expect(await bench.shared.get('a')).toBe(2);
  });
});
