/** What a benchmark found; printed as its last line. `ratio` compares ours with a floor measured in the same run. */
export interface Outcome {
  readonly bench: string;
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
  readonly unit: string;
  readonly target: number;
  readonly met: boolean;
  readonly [extra: string]: string | number | boolean;
}

export interface BenchContext {
  /** Variables that may name a Postgres and a Redis to use instead of our own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
}

export type Benchmark = (context: BenchContext) => Promise<Outcome>;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new RangeError('The median of nothing.');
  return (low + high) / 2;
};

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** A table of equal columns for people. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  return cells
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n');
}
