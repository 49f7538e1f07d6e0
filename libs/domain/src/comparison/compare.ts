/** Averages of one circuit over a period; `null` = nobody knows. */
export interface ComparedCircuit {
  readonly utilizationPct: number | null;
  readonly latencyMs: number | null;
}

/** Something that a site would feel when it changes from its primary to another circuit. */
export interface ComparisonNote {
  readonly metric: 'utilization' | 'latency';
  /** The other circuit's average less the primary's: points of utilization, or ms. */
  readonly difference: number;
  readonly text: string;
}

/** Differences up to these say nothing. */
const UTILIZATION_POINTS = 20;
const LATENCY_MS = 20;

const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;

function differenceOf(primary: number | null, other: number | null, limit: number): number | null {
  if (primary === null || other === null) return null;
  const difference = rounded(other - primary);
  return Math.abs(difference) > limit ? difference : null;
}

const told = (what: string, difference: number, unit: string): string =>
  `${what} is ${Math.abs(difference).toFixed(1)} ${unit} ${difference > 0 ? 'higher' : 'lower'} than on the primary`;

/** What stands out when another circuit is held beside the primary. */
export function compareCircuits(primary: ComparedCircuit, other: ComparedCircuit): ComparisonNote[] {
  const utilization = differenceOf(primary.utilizationPct, other.utilizationPct, UTILIZATION_POINTS);
  const latency = differenceOf(primary.latencyMs, other.latencyMs, LATENCY_MS);
  return [
    ...(utilization === null
      ? []
      : [{ metric: 'utilization', difference: utilization, text: told('Average utilization', utilization, 'points') } as const]),
    ...(latency === null
      ? []
      : [{ metric: 'latency', difference: latency, text: told('Average latency', latency, 'ms') } as const]),
  ];
}
