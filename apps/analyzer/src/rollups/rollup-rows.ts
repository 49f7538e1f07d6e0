import { HOUR_MS, QUALITY_METRICS, type EpochMs, type Span } from '@app/domain';
import { copyInto, CopyWriter, type CopyCursor, type Transaction } from '@app/shared';
import { instant } from '../facts/sql-time.js';
import { boxedSelect, type SpansByCircuit } from './boxes.js';
import { numberArray, PERCENTILE_NAMES, SUM_NAMES } from './columns.js';
import type { DueRow, RollupGrain } from './group-due.repository.js';
import { readSums, writeSums, type Sums } from './sums.js';

/** Hours that start in a span. */
export const hoursIn = ({ from, to }: Span): number => Math.ceil(to / HOUR_MS) - Math.ceil(from / HOUR_MS);

/** Where a circuit was, and which groups it belonged to. */
export interface RollupPlace {
  readonly siteId: number;
  readonly region: string;
  readonly storeType: string | null;
  readonly provider: string | null;
}

/** What is known of one metric's quality beside its sums. NaN: no p95. */
export interface RollupQuality {
  readonly p95: number;
  readonly sketched: number;
  readonly bytes: Uint8Array | null;
}

/** A stretch of a circuit's day, week or month, as stored. */
export interface RollupRow extends Span {
  readonly circuitId: number;
  /** Of the day, week or month. */
  readonly start: EpochMs;
  readonly place: RollupPlace;
  readonly sums: Sums;
  readonly utilP95: number;
  /** By metric. */
  readonly quality: readonly RollupQuality[];
  /** Days: a mask per threshold. Weeks and months: prefix, suffix, longest and total of each. */
  readonly above: readonly number[];
  /** Days: the hourly utilization values, in any order. */
  readonly values: readonly number[];
}

const KEY = ['org_id', 'circuit_id', 'start', 'stretch_from'];
const PLACE = ['site_id', 'region', 'store_type', 'provider'];
const COLUMNS = [...KEY, 'stretch_to', ...PLACE, ...SUM_NAMES, ...PERCENTILE_NAMES, 'above'];
const SKETCH_COLUMNS = ['grain', ...KEY, 'util_values', ...QUALITY_METRICS];

function writeRow(to: CopyWriter, orgId: number, grain: RollupGrain, row: RollupRow): void {
  to.row(COLUMNS.length);
  writeKey(to, orgId, row);
  to.instant(row.to);
  to.int4(row.place.siteId);
  to.text(row.place.region);
  to.text(row.place.storeType);
  to.text(row.place.provider);
  writeSums(to, row.sums);
  to.float8(row.utilP95);
  for (const { p95, sketched } of row.quality) {
    to.float8(p95);
    to.int8(sketched);
  }
  if (grain === 'day') to.int4Array(row.above);
  else to.int2Array(row.above);
}

function writeKey(to: CopyWriter, orgId: number, row: RollupRow): void {
  to.int4(orgId);
  to.int4(row.circuitId);
  to.instant(row.start);
  to.instant(row.from);
}

function writeSketch(to: CopyWriter, orgId: number, grain: RollupGrain, row: RollupRow): void {
  to.row(SKETCH_COLUMNS.length);
  to.text(grain);
  writeKey(to, orgId, row);
  to.float8Array(row.values.length === 0 ? null : row.values);
  for (const { bytes } of row.quality) to.raw(bytes);
}

/** Days keep their values; weeks and months have a heavy half only where something was sketched. */
const hasSketch = (grain: RollupGrain, { quality }: RollupRow): boolean =>
  grain === 'day' || quality.some(({ bytes }) => bytes !== null);

/** Stores rows in place of whatever was stored of the days, weeks or months in the spans; tells the groups they belong to, or did before. */
export async function replaceRows(
  tx: Transaction,
  orgId: number,
  grain: RollupGrain,
  { spans, rows }: { readonly spans: SpansByCircuit; readonly rows: readonly RollupRow[] },
): Promise<DueRow[]> {
  if (spans.size === 0) return [];
  const due = await removeRows(tx, orgId, grain, spans);
  const [plain, sketches] = [new CopyWriter(), new CopyWriter()];
  for (const row of rows) {
    writeRow(plain, orgId, grain, row);
    if (hasSketch(grain, row)) writeSketch(sketches, orgId, grain, row);
    due.push(dueOf(grain, row.start, row.place));
  }
  await copyInto(tx, `circuit_${grain}`, COLUMNS, plain);
  await copyInto(tx, 'circuit_sketch', SKETCH_COLUMNS, sketches);
  return due;
}

const dueOf = (grain: RollupGrain, start: EpochMs, { region, storeType, provider }: Omit<RollupPlace, 'siteId'>): DueRow => ({
  grain,
  start,
  region,
  storeType,
  provider,
});

/** Looks first: a history that is folded for the first time replaces nothing, which a scan for each span tells. */
async function removeRows(tx: Transaction, orgId: number, grain: RollupGrain, spans: SpansByCircuit): Promise<DueRow[]> {
  const select = boxedSelect(
    spans,
    (circuit, time) => `
      select c.circuit_id, c.start, c.region, c.store_type, c.provider from circuit_${grain} c
      where c.org_id = ${String(orgId)} and c.circuit_id ${circuit} and ${time('c.start')}`,
  );
  const [circuitIds, starts, due]: [number[], EpochMs[], DueRow[]] = [[], [], []];
  await tx.copyRows(select, (row) => {
    circuitIds.push(row.int4());
    const start = row.instant();
    starts.push(start);
    due.push(dueOf(grain, start, { region: row.text() ?? '', storeType: row.text(), provider: row.text() }));
  });
  if (starts.length === 0) return due;
  const wanted = (table: string): string =>
    `${table}.org_id = $1 and ${table}.circuit_id = u.circuit_id and ${table}.start = ${instant('u.start')}
     and ${table}.start between ${instant('$4::float8')} and ${instant('$5::float8')}`;
  await tx.query(
    `with gone as materialized (select distinct * from unnest($2::int[], $3::float8[]) as u (circuit_id, start)),
     sketches as (delete from circuit_sketch k using gone u where k.grain = '${grain}' and ${wanted('k')})
     delete from circuit_${grain} c using gone u where ${wanted('c')}`,
    [orgId, numberArray(circuitIds), numberArray(starts), leastOf(starts), mostOf(starts)],
  );
  return due;
}

const leastOf = (values: readonly number[]): number => values.reduce((least, value) => Math.min(least, value), Infinity);
const mostOf = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), -Infinity);

const qualityColumns = QUALITY_METRICS.map((metric) => `c.${metric}_p95, c.${metric}_sketched, k.${metric}`).join(', ');

/**
 * The heavy half `k` of a day `c`, looked up for each: of tables without statistics a planner joins all with all. `pruning` lets it leave out
 * partitions.
 */
export const sketchOfDay = (pruning: string): string =>
  `left join lateral (select * from circuit_sketch k where k.org_id = c.org_id and k.grain = 'day' and k.circuit_id = c.circuit_id
     and k.start = c.start and k.stretch_from = c.stretch_from and ${pruning} limit 1) k on true`;

/** Stored days of circuits in spans of theirs, in order. */
export async function storedDays(tx: Transaction, orgId: number, spans: SpansByCircuit): Promise<RollupRow[]> {
  if (spans.size === 0) return [];
  const select = boxedSelect(
    spans,
    (circuit, time) => `
      select c.circuit_id, c.start, c.stretch_from, c.stretch_to, c.site_id, c.region, c.store_type, c.provider,
        ${SUM_NAMES.map((name) => `c.${name}`).join(', ')}, c.util_p95, ${qualityColumns}, c.above, k.util_values
      from circuit_day c ${sketchOfDay(time('k.start'))}
      where c.org_id = ${String(orgId)} and c.circuit_id ${circuit} and ${time('c.start')}`,
  );
  const rows: RollupRow[] = [];
  await tx.copyRows(select, (row) => rows.push(readDay(row)));
  return rows.sort((a, b) => a.circuitId - b.circuitId || a.from - b.from);
}

function readDay(row: CopyCursor): RollupRow {
  const circuitId = row.int4();
  const [start, from, to] = [row.instant(), row.instant(), row.instant()];
  const place = { siteId: row.int4(), region: row.text() ?? '', storeType: row.text(), provider: row.text() };
  const sums = readSums(row);
  const utilP95 = row.float8();
  const quality = QUALITY_METRICS.map(() => ({ p95: row.float8(), sketched: row.int8(), bytes: row.raw() }));
  return { circuitId, start, from, to, place, sums, utilP95, quality, above: row.numbers(), values: row.numbers() };
}
