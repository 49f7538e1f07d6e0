/** Which way a figure gets worse. */
export type Worse = 'higher' | 'lower';

/** One quantity that is measured, judged and compared. */
export interface Kpi {
  readonly id: string;
  readonly title: string;
  readonly unit: '%' | 'ms' | '';
  readonly worse: Worse;
  /** Smaller changes than this are noise, in the unit of the KPI. */
  readonly smallestStep: number;
}
