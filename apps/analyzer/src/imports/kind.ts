import type { EpochMs } from '@app/domain';
import { lockLinks, type Database, type OrgRow, type Settings, type Transaction } from '@app/shared';
import type { FactsService } from '../facts/facts.service.js';
import { noteArrivals } from '../retention/arrivals.repository.js';
import type { SleWriter } from '../sle/sle.writer.js';
import { Cells, type CellFault } from './cells.js';
import type { Gate } from './gate.js';

export interface ImportContext {
  readonly database: Database;
  readonly settings: Settings;
  readonly facts: FactsService;
  readonly sle: SleWriter;
  readonly org: OrgRow;
  readonly now: EpochMs;
  /** Chunks are stored beside each other; whoever must lock a whole table waits for them first, or all its readers would wait with it. */
  readonly gate: Gate;
}

/** Where the rows of a chunk wait to be stored. */
export interface RowList<T> {
  push(row: T): unknown;
  readonly length: number;
}

/** One kind of file: its columns, what a row of it means, and where rows go. */
export interface KindDefinition<T, R extends RowList<T> = T[]> {
  readonly columns: readonly string[];
  readonly required: readonly string[];
  /** Counts only when `cells` has no faults afterwards. */
  readonly parse: (cells: Cells) => T;
  /** The time of a row; null when rows lie in no partition. */
  readonly timeOf: (row: T) => EpochMs | null;
  /** Rows that differ in this column have nothing to do with each other, and may be stored at the same time; left out: all go in their order. */
  readonly laneColumn?: string;
  /** Rows stored together; a few thousand when it is not told. */
  readonly maxRows?: number;
  /** Days stored together; a hundred when it is not told. */
  readonly maxDays?: number;
  /** Stores rows in the caller's transaction; returns how many were new or changed anything. */
  readonly store: (tx: Transaction, context: ImportContext, rows: R) => Promise<number>;
  /** Partitions for these rows, which lie on these days; before the transaction. */
  readonly prepare?: (context: ImportContext, rows: R, days: readonly EpochMs[]) => Promise<void>;
}

/** Rows that are stored together. */
export interface Chunk {
  /** Takes a row; returns what is wrong with it, in which case it is left out. */
  add(row: Readonly<Record<string, unknown>>): readonly CellFault[];
  readonly isFull: boolean;
  readonly size: number;
  store(context: ImportContext): Promise<number>;
}

export interface ImportKindEntry {
  readonly columns: readonly string[];
  readonly required: readonly string[];
  readonly laneColumn: string | null;
  /** Full after so many rows; left out: as its kind says. */
  newChunk(maxRows?: number): Chunk;
}

const MAX_ROWS = 2000;
/** A transaction locks each partition it writes, and a server has locks for some thousands. */
const MAX_DAYS = 100;
const DAY_MS = 86_400_000;

class RowChunk<T, R extends RowList<T>> implements Chunk {
  private readonly days = new Set<number>();

  constructor(
    private readonly kind: KindDefinition<T, R>,
    private readonly rows: R,
    private readonly maxRows: number,
  ) {}

  add(row: Readonly<Record<string, unknown>>): readonly CellFault[] {
    const cells = new Cells(row);
    const parsed = this.kind.parse(cells);
    if (cells.faults.length > 0) return cells.faults;
    this.rows.push(parsed);
    const at = this.kind.timeOf(parsed);
    if (at !== null) this.days.add(Math.floor(at / DAY_MS));
    return [];
  }

  get size(): number {
    return this.rows.length;
  }

  get isFull(): boolean {
    return this.rows.length >= this.maxRows || this.days.size >= (this.kind.maxDays ?? MAX_DAYS);
  }

  async store(context: ImportContext): Promise<number> {
    const instants = [...this.days].map((day) => day * DAY_MS);
    await noteArrivals(context.database, { instants, now: context.now, origin: 'import' });
    await this.kind.prepare?.(context, this.rows, instants);
    return context.gate.beside(() =>
      context.database.transaction(async (tx) => {
        await lockLinks(tx, context.org.id, 'shared');
        return this.kind.store(tx, context, this.rows);
      }),
    );
  }
}

/** Hides the type of a kind's rows, so that all kinds stand in one table. */
export const importKind = <T, R extends RowList<T>>(kind: KindDefinition<T, R>, newRows: () => R): ImportKindEntry => ({
  columns: kind.columns,
  required: kind.required,
  laneColumn: kind.laneColumn ?? null,
  newChunk: (maxRows = kind.maxRows ?? MAX_ROWS) => new RowChunk(kind, newRows(), maxRows),
});

/** Of rows with one key the last line counts; one statement cannot write a row twice. */
export function lastOfKey<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}
