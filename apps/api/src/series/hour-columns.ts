import { mbpsSql, megabitsSql } from './traffic.js';

/** Figures of an hour, in SQL. */
const FIGURES = {
  rxBytes: 'rx_bytes',
  txBytes: 'tx_bytes',
  coveredMs: 'covered_ms',
  // Computed there: this side takes several times as long to write a double as Postgres does.
  rxMbps: mbpsSql('rx_bytes'),
  txMbps: mbpsSql('tx_bytes'),
  peakRxMbps: megabitsSql('peak_rx_bps'),
  peakTxMbps: megabitsSql('peak_tx_bps'),
  utilizationPct: 'utilization_pct',
  peakUtilizationPct: 'peak_utilization_pct',
  bandwidthDownMbps: 'bandwidth_down_mbps',
  bandwidthUpMbps: 'bandwidth_up_mbps',
  // A plain word: texts that have to be quoted in an array would not do.
  bandwidthSource: 'bandwidth_source',
  upMs: 'up_ms',
  downMs: 'down_ms',
  flaps: 'flaps',
  counterReset: 'counter_reset',
  latencyCount: 'latency_count',
  latencyAvg: 'latency_avg',
  latencyMax: 'latency_max',
  latencyP95: 'latency_p95',
  jitterCount: 'jitter_count',
  jitterAvg: 'jitter_avg',
  jitterMax: 'jitter_max',
  jitterP95: 'jitter_p95',
  lossCount: 'loss_count',
  lossAvg: 'loss_avg',
  lossMax: 'loss_max',
  lossP95: 'loss_p95',
} as const satisfies Readonly<Record<string, string>>;
export type Figure = keyof typeof FIGURES;

/** Nothing, as it stands in an array. */
export const NOTHING = 'NULL';

/** Hours of one circuit in a row, ascending: each figure an array as Postgres writes it. No array = no hours. */
export type HourColumns = { readonly hours: readonly number[] | null } & Readonly<Partial<Record<Figure, string | null>>>;

/** Figures of the hour that is looked at, as text, which is what most of them are in an answer too. */
export type HourFigures = Readonly<Record<Figure, string>>;

/**
 * The hours of a circuit in one row. The driver takes a month apart field by field otherwise, which is longer than everything that is done with it
 * afterwards.
 */
export const hourColumnsSql = (figures: readonly Figure[]): string =>
  `select array_agg(date_part('epoch', hour)) as hours${figures.map((name) => `, array_agg(${FIGURES[name]})::text as "${name}"`).join('')}
   from (select * from circuit_hour where org_id = $1 and circuit_id = $2 and hour >= $3 and hour < $4 order by hour) h`;

/** Walks along an array as Postgres writes it: to cut it up at once would keep twenty thousand texts of a month alive. */
class Elements {
  private at = 1;

  constructor(private readonly array: string) {}

  next(): string {
    const found = this.array.indexOf(',', this.at);
    const end = found === -1 ? this.array.length - 1 : found;
    const element = this.array.slice(this.at, end);
    this.at = end + 1;
    return element;
  }
}

/** Looks at the hours one after the other; what it gives is of the newest one looked at. */
export class HourWalk {
  readonly figures: HourFigures;
  private readonly columns: readonly { readonly name: Figure; readonly elements: Elements }[];
  private readonly current: Record<Figure, string>;
  private readonly hours: readonly number[];
  private at = 0;

  constructor(row: HourColumns) {
    this.hours = row.hours ?? [];
    this.current = Object.fromEntries(Object.keys(FIGURES).map((name) => [name, NOTHING])) as Record<Figure, string>;
    this.figures = this.current;
    this.columns = (Object.keys(FIGURES) as Figure[]).flatMap((name) => {
      const array = row[name] ?? null;
      return array === null ? [] : [{ name, elements: new Elements(array) }];
    });
  }

  /** Whether there is an hour that starts then; never asked again for an earlier one. */
  reaches(startMs: number): boolean {
    while (this.start() < startMs) this.step();
    if (this.start() !== startMs) return false;
    this.step();
    return true;
  }

  private start(): number {
    return (this.hours[this.at] ?? Infinity) * 1000;
  }

  private step(): void {
    this.at++;
    for (const { name, elements } of this.columns) this.current[name] = elements.next();
  }
}
