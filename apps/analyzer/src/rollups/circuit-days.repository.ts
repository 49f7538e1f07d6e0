import { QUALITY_METRICS, type EpochMs } from '@app/domain';
import { type Queryable, type Transaction } from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { boxedSelect, spansByCircuit } from './boxes.js';
import { numberArray } from './columns.js';
import { foldOf, stretchesSql, type StretchFold } from './day-fold.js';
import { mergedHourSketches, type SketchedItem } from './hour-sketches.repository.js';
import type { RollupQuality, RollupRow } from './rollup-rows.js';
import { qualityPlace, SUM } from './sums.js';
import type { CircuitDay, Stretch, Worklist } from './worklist.js';

export interface FoldedDays {
  readonly rows: readonly RollupRow[];
  /** Days in which hours lie at another site than was assumed; there are no rows of them. */
  readonly moved: readonly { readonly circuitId: number; readonly start: EpochMs }[];
  /** Hours in the rows. */
  readonly hours: number;
}

interface FoldedStretch {
  readonly fold: StretchFold;
  readonly sketch: SketchedItem | null;
}

/** Folds stretches of days from their hours. */
export async function foldCircuitDays(tx: Transaction, orgId: number, work: Worklist): Promise<FoldedDays> {
  if (work.stretches.length === 0) return { rows: [], moved: [], hours: 0 };
  const sketches = new Map((await mergedHourSketches(tx, orgId, work.stretches)).map((item) => [item.i - 1, item]));
  const known: FoldedStretch[] = [];
  await tx.query('set local enable_sort = off');
  await tx.copyRows(stretchesSql(orgId, work), (row) => {
    const { i, fold } = foldOf(row, work);
    known.push({ fold, sketch: sketches.get(i) ?? null });
  });
  await tx.query('set local enable_sort = on');
  const movedDays = new Map(
    known
      .filter(({ fold }) => fold.isElsewhere)
      .map(({ fold: { stretch } }) => [dayKey(stretch), { circuitId: stretch.circuitId, start: stretch.start }]),
  );
  const here = known.filter(({ fold }) => !movedDays.has(dayKey(fold.stretch)));
  const kept = await keptQuality(tx, orgId, here);
  const rows = here.map(({ fold, sketch }) => rowOf(fold, sketch, kept.get(stretchKey(fold.stretch)) ?? null));
  return { rows, moved: [...movedDays.values()], hours: rows.reduce((sum, row) => sum + (row.sums[SUM.facts] ?? 0), 0) };
}

const dayKey = ({ circuitId, start }: Pick<Stretch, 'circuitId' | 'start'>): string => `${circuitId} ${start}`;
const stretchKey = ({ circuitId, start, from }: Pick<Stretch, 'circuitId' | 'start' | 'from'>): string =>
  `${circuitId} ${start} ${from}`;

/**
 * One measured hour knows its own p95. Else the sketches of the hours tell, unless some hours have lost theirs (they live as long as samples): then
 * the day keeps what it had.
 */
function qualityOf(
  fold: StretchFold,
  metric: number,
  sketch: SketchedItem | null,
  kept: readonly RollupQuality[] | null,
): RollupQuality {
  const name = QUALITY_METRICS[metric];
  const merged = name === undefined || sketch === null ? null : sketch[name];
  const told = kept?.[metric] ?? { p95: merged?.p95 ?? Number.NaN, sketched: merged?.count ?? 0, bytes: merged?.bytes ?? null };
  const only = fold.onlyP95[metric] ?? Number.NaN;
  if (fold.measured[metric] !== 1 || Number.isNaN(only)) return told;
  return { p95: only, sketched: fold.sums[qualityPlace(metric)] ?? 0, bytes: told.bytes };
}

function rowOf(fold: StretchFold, sketch: SketchedItem | null, kept: readonly RollupQuality[] | null): RollupRow {
  const { stretch, place, sums, utilP95, values, masks } = fold;
  return {
    circuitId: stretch.circuitId,
    start: stretch.start,
    from: stretch.from,
    to: stretch.to,
    place,
    sums,
    utilP95,
    quality: QUALITY_METRICS.map((_, metric) => qualityOf(fold, metric, sketch, kept)),
    above: masks,
    values,
  };
}

type QualityName = (typeof QUALITY_METRICS)[number];

interface KeptRow
  extends Readonly<Record<`${QualityName}_p95`, number | null>>, Readonly<Record<`${QualityName}_sketched`, number>> {
  readonly circuit_id: number;
  readonly start: number;
  readonly stretch_from: number;
}

type KeptSketches = Readonly<Record<QualityName, Buffer | null>> & Pick<KeptRow, 'circuit_id' | 'start' | 'stretch_from'>;

const keyOfRow = ({ circuit_id, start, stretch_from }: Pick<KeptRow, 'circuit_id' | 'start' | 'stretch_from'>): string =>
  stretchKey({ circuitId: circuit_id, start: msOf(start), from: msOf(stretch_from) });

/** Quality as stored of the stretches whose hours have lost sketches. Days that nobody has folded yet have none, and cost one look at their time. */
async function keptQuality(
  db: Queryable,
  orgId: number,
  folded: readonly FoldedStretch[],
): Promise<Map<string, RollupQuality[]>> {
  const losing = folded.filter(({ fold, sketch }) => fold.sampled > (sketch?.hours ?? 0)).map(({ fold }) => fold.stretch);
  if (losing.length === 0) return new Map();
  const wanted = new Set(losing.map(stretchKey));
  const spans = spansByCircuit(losing.map(({ circuitId, start, to }) => ({ circuitId, from: start, to })));
  const read = async <Row extends KeptRow | KeptSketches>(table: string, columns: string, more = ''): Promise<Row[]> => {
    const rows = await db.query<Row & { [column: string]: unknown }>(
      boxedSelect(
        spans,
        (
          circuit,
          time,
        ) => `select circuit_id, ${epochMs('start')} as start, ${epochMs('stretch_from')} as stretch_from, ${columns}
          from ${table} where org_id = ${String(orgId)} ${more} and circuit_id ${circuit} and ${time('start')}`,
      ),
    );
    return rows.filter((row) => wanted.has(keyOfRow(row)));
  };
  const days = await read<KeptRow>(
    'circuit_day',
    QUALITY_METRICS.map((metric) => `${metric}_p95, ${metric}_sketched`).join(', '),
  );
  if (days.length === 0) return new Map();
  const sketches = new Map(
    (await read<KeptSketches>('circuit_sketch', QUALITY_METRICS.join(', '), `and grain = 'day'`)).map((row) => [
      keyOfRow(row),
      row,
    ]),
  );
  return new Map(
    days.flatMap((row) => {
      const sketch = sketches.get(keyOfRow(row));
      if (sketch === undefined) return [];
      const kept = QUALITY_METRICS.map((metric) => ({
        p95: row[`${metric}_p95`] ?? Number.NaN,
        sketched: row[`${metric}_sketched`],
        bytes: sketch[metric],
      }));
      return [[keyOfRow(row), kept] as const];
    }),
  );
}

/** Hours of one circuit in a row at one site. */
export interface SiteRun {
  readonly circuitId: number;
  readonly start: EpochMs;
  readonly siteId: number;
  readonly from: EpochMs;
}

/** Where the hours of these days lie: runs of hours at one site, ascending. */
export async function siteRunsOf(db: Queryable, orgId: number, days: readonly CircuitDay[]): Promise<SiteRun[]> {
  const rows = await db.query<{ circuit_id: number; start: number; site_id: number; from_ms: number }>(
    `select u.circuit_id, u.lower as start, h.site_id, ${epochMs('h.hour')} as from_ms
     from unnest($2::int[], $3::float8[], $4::float8[]) as u (circuit_id, lower, upper) cross join lateral (
       select hour, site_id, lag(site_id) over (order by hour) as before from circuit_hour
       where org_id = $1 and circuit_id = u.circuit_id and hour >= ${instant('u.lower')} and hour < ${instant('u.upper')}) h
     where h.before is distinct from h.site_id order by u.circuit_id, h.hour`,
    [
      orgId,
      numberArray(days.map(({ circuitId }) => circuitId)),
      numberArray(days.map(({ from }) => from)),
      numberArray(days.map(({ to }) => to)),
    ],
  );
  return rows.map((row) => ({ circuitId: row.circuit_id, start: row.start, siteId: row.site_id, from: msOf(row.from_ms) }));
}
