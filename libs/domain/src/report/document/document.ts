import type { EpochMs } from '../../sample.js';
import type { HealthStatus, Severity } from '../../severity.js';

export type Tone = Severity | HealthStatus;
export type CellValue = string | number | null;

/** How the values of a column are told; `tone` = a severity or status, which is shown in its colour. */
export interface DocumentColumn {
  /** Name in JSON, CSV and XLSX. */
  readonly key: string;
  readonly title: string;
  readonly kind: 'text' | 'number' | 'time' | 'tone';
  readonly unit?: string;
  readonly decimals?: number;
}

export interface TableBlock {
  readonly kind: 'table';
  /** Name in JSON and of the sheet. */
  readonly key: string;
  readonly title: string;
  readonly columns: readonly DocumentColumn[];
  /** Times are epoch milliseconds. */
  readonly rows: readonly (readonly CellValue[])[];
  /** What stands there instead of no rows. */
  readonly empty: string;
  readonly note?: string;
}

export interface ChartSeries {
  readonly name: string;
  /** `null` = nobody knows: the line has a gap. */
  readonly values: readonly (number | null)[];
}

/** Lines over time, or a bar for each label. */
export interface ChartBlock {
  readonly kind: 'chart';
  readonly key: string;
  readonly title: string;
  readonly shape: 'lines' | 'bars';
  readonly unit: string;
  readonly labels: readonly string[];
  readonly series: readonly ChartSeries[];
  /** The axis holds these at least. */
  readonly includes?: readonly number[];
  /** What the values cannot be above, such as 100 %. */
  readonly most?: number;
}

export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly tone?: Tone;
}

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'steps'; readonly title: string; readonly steps: readonly string[] }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] }
  | ChartBlock
  | TableBlock;

/** A report, said once; what it looks like as HTML, PDF, text or table is left to the formats. */
export interface ReportDocument {
  readonly kind: string;
  readonly title: string;
  /** Organization, period and the like, in order. */
  readonly facts: readonly (readonly [label: string, value: string])[];
  /** The instant that the report tells of: the end of its period, or when it was made. */
  readonly at: EpochMs;
  readonly blocks: readonly Block[];
}

/** All tables of a report, in order. */
export const tablesOf = ({ blocks }: ReportDocument): TableBlock[] => blocks.filter((block) => block.kind === 'table');
