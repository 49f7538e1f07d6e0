import { DAY_MS } from '@app/domain';
import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  CLOCK,
  Database,
  dropPartition,
  listPartitions,
  packReports,
  PARTITIONED,
  pruneLiveEvents,
  SETTINGS,
  TransientError,
  type Clock,
  type ExistingPartition,
  type PartitionedTable,
  type Queryable,
  type Settings,
} from '@app/shared';
import { hasArrivals, noteDropped } from './arrivals.repository.js';
import { cutoffsOf, type Cutoffs } from './cutoffs.js';
import { beginHistoryLater } from './history-start.repository.js';
import { pruneRows } from './prune.repository.js';

/** Something that came late keeps its day's samples for this long: more of it may follow, and facts are made from neighbours. */
const QUIET_MS = 7 * DAY_MS;
/** Who waits for a table keeps others from it, so never for long; what is busy is left for the next run. */
const PATIENCE_MS = 400;
const TRIES = 3;

const tablesBy = (isWidth: (width: string) => boolean): PartitionedTable[] =>
  (Object.keys(PARTITIONED) as PartitionedTable[]).filter((table) => isWidth(PARTITIONED[table]));
/** Samples, events and what is made for them alone lie in days; everything that is history in months and years. */
const DAY_TABLES = tablesBy((width) => width === 'day');
const HISTORY_TABLES = tablesBy((width) => width !== 'day');

type Outcome = Omit<RetentionOutcome, 'rows' | 'packed'>;

/** What one run did. */
export interface RetentionOutcome {
  readonly dropped: readonly string[];
  /** Partitions that somebody worked on; they are tried again with the next run. */
  readonly busy: readonly string[];
  readonly rows: number;
  /** Reports that went into the archive. */
  readonly packed: number;
}

/** Drops what has been kept long enough. Any number may run at once: each partition is looked at again when its table is free. */
@Injectable()
export class RetentionService {
  private readonly logger = new Logger(RetentionService.name);

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async apply(): Promise<RetentionOutcome> {
    const cutoffs = cutoffsOf(this.clock.now(), this.settings);
    const samples = await this.dropSamples(cutoffs);
    const history = await this.dropHistory(cutoffs);
    const rows = (await pruneRows(this.database, cutoffs)) + (await pruneLiveEvents(this.database));
    const packed = await packReports(this.database, cutoffs.keptReports, cutoffs.now);
    const outcome = { dropped: [...samples.dropped, ...history.dropped], busy: [...samples.busy, ...history.busy], rows, packed };
    if (outcome.dropped.length + outcome.busy.length + rows + packed > 0)
      this.logger.log({ message: 'Retention was applied', ...outcome });
    return outcome;
  }

  /** Days that ended long enough ago and were quiet since; what a file brought counts from its arrival. */
  private async dropSamples({ now, samples }: Cutoffs): Promise<Outcome> {
    const due = (await listPartitions(this.database, DAY_TABLES)).filter(({ to }) => to <= samples);
    const isKept = (db: Queryable, partition: ExistingPartition): Promise<boolean> =>
      hasArrivals(db, partition, { any: now - QUIET_MS, imported: samples });
    return this.drop(due, isKept, async (tx, partition) => {
      await noteDropped(tx, partition.from, now);
      return true;
    });
  }

  /** Months and years that ended long enough ago, unless a file brought something for them since. An empty one may still be asked for. */
  private async dropHistory({ history }: Cutoffs): Promise<Outcome> {
    const due = (await listPartitions(this.database, HISTORY_TABLES)).filter(({ to }) => to <= history);
    if (due.length === 0) return { dropped: [], busy: [] };
    const [row] = await this.database.query<{ first: Date | null }>('select min(first_observed_at) as first from circuit');
    const first = row?.first?.getTime() ?? Infinity;
    const isKept = (db: Queryable, partition: ExistingPartition): Promise<boolean> =>
      hasArrivals(db, partition, { any: null, imported: history });
    const outcome = await this.drop(
      due,
      isKept,
      async (tx, { name, to }) => to <= first || (await tx.query(`select 1 from ${name} limit 1`)).length > 0,
    );
    if (outcome.dropped.some((name) => name.startsWith('circuit_hour_'))) await beginHistoryLater(this.database, history);
    return outcome;
  }

  /** `isKept` is asked twice: before anybody is kept waiting, and once more when the table is free. */
  private async drop(
    due: readonly ExistingPartition[],
    isKept: (db: Queryable, partition: ExistingPartition) => Promise<boolean>,
    last: (tx: Queryable, partition: ExistingPartition) => Promise<boolean>,
  ): Promise<Outcome> {
    const [dropped, busy]: [string[], string[]] = [[], []];
    const inUse = new Set<PartitionedTable>();
    for (const partition of due) {
      if (await isKept(this.database, partition)) continue;
      if (inUse.has(partition.table)) {
        busy.push(partition.name);
        continue;
      }
      const isGone = await this.tryDrop(partition, async (tx) => !(await isKept(tx, partition)) && last(tx, partition));
      if (isGone === true) dropped.push(partition.name);
      else if (isGone === 'busy') {
        busy.push(partition.name);
        inUse.add(partition.table);
      }
    }
    return { dropped, busy };
  }

  private async tryDrop(
    partition: ExistingPartition,
    isStillDue: (tx: Queryable) => Promise<boolean>,
  ): Promise<boolean | 'busy'> {
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      try {
        return await dropPartition(this.database, partition, { patienceMs: PATIENCE_MS, isStillDue });
      } catch (error) {
        // A lock that was not to be had in time, or a deadlock: somebody works on the table.
        if (!(error instanceof TransientError)) throw error;
        this.logger.warn({ message: `Partition ${partition.name} is in use and is dropped later`, code: error.code, attempt });
      }
    }
    return 'busy';
  }
}
