import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import type { CopyCursor } from './copy/copy-cursor.js';
import { CopyQuery } from './copy/copy-query.js';
import { beginFenced, fenceNow, type Fence } from './fence/fence.js';
import { Turns } from './fence/turns.js';
import { isPlanLost, preparedName } from './prepared.js';
import { TransientError } from '../errors.js';

// bigint as number: byte counters above 2^53 are refused at the door, so nothing is lost. timestamptz as epoch ms is left to the queries.
const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): ((value: string) => unknown) =>
    oid === INT8 && format !== 'binary' ? Number : (pg.types.getTypeParser(oid, format) as (value: string) => unknown),
};

export type Row = pg.QueryResultRow;

/** What a repository may do, inside or outside a transaction. */
export interface Queryable {
  query<R extends Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

/** What can also read a COPY: numbers come as they are instead of as text. */
export interface Copying extends Queryable {
  /** Hands the rows of a query over one by one, in binary. It takes no parameters: `copyLiteral` and the like write values into it. */
  copyRows(select: string, take: (row: CopyCursor) => void): Promise<void>;
}

/** A transaction under way; `client` is for COPY only. */
export interface Transaction extends Copying {
  readonly client: pg.PoolClient;
}

const RETRYABLE = new Set(['40001', '40P01', '53300', '55P03', '57P01', '57P02', '57P03', '08000', '08003', '08006', '25P03']);
const RETRYABLE_NODE = new Set(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT']);

const NO_PARTITION = 'ExecFindPartition';
/** Code of a write whose partition was dropped after it had been made sure of. */
export const PARTITION_GONE = 'PARTITION_GONE';

/** Turns a lost connection, a deadlock and the like into a `TransientError`; everything else passes unchanged. */
export function classifyDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Postgres' own name of the place where a row finds no partition; messages are translated, this is not.
  if ('routine' in error && error.routine === NO_PARTITION)
    return new TransientError(PARTITION_GONE, `Postgres: ${error.message}; it is made again with the next attempt`, {
      cause: error,
    });
  const lost = /Connection terminated|connection timeout|Client has encountered a connection error/i.test(error.message);
  if (RETRYABLE.has(code) || RETRYABLE_NODE.has(code) || lost) {
    return new TransientError('DATABASE_UNAVAILABLE', `Postgres: ${error.message}`, { cause: error });
  }
  return error;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most; `null` or left out: 10. */
  readonly poolSize?: number | null;
  readonly applicationName?: string;
  /** Told of errors of idle connections, which belong to no query. */
  readonly onIdleError?: (error: Error) => void;
}

const DEFAULT_POOL_SIZE = 10;

/** Compiling a statement over dozens of partitions takes seconds, running it some milliseconds. */
const withoutJit = async (client: pg.ClientBase): Promise<void> => {
  await client.query('set jit = off');
};

/** A transaction that holds for everything asked inside of some work. */
interface Unit {
  readonly client: pg.PoolClient;
  /** What its transaction was begun behind. */
  readonly fence: Fence | null;
  /** What is left running when the work is done is no part of it. */
  isOver(): boolean;
  /** The newest savepoint; the next one waits for its end, as they are stacked on one connection. */
  newest: Promise<unknown>;
}

/** A connection out of the pool, for one reader. */
export interface Lent {
  readonly client: pg.PoolClient;
  /** `broken` ends the connection instead of giving it to the next one. */
  readonly giveBack: (broken?: Error | boolean) => Promise<void>;
}

/** The one pool of a process. */
export class Database implements Copying {
  readonly pool: pg.Pool;
  /** Names of partitions that were seen; see `ensurePartitions`. */
  readonly knownPartitions = new Set<string>();
  private readonly units = new AsyncLocalStorage<Unit>();
  /** Statements behind a fence cost more: they get half of the connections, so that nobody else waits for them. */
  private readonly fencedTurns: Turns;
  private keepsPlans = true;

  constructor(options: DatabaseOptions) {
    const max = options.poolSize ?? DEFAULT_POOL_SIZE;
    this.fencedTurns = new Turns(Math.max(1, Math.floor(max / 2)));
    this.pool = new pg.Pool({
      connectionString: options.url,
      max,
      application_name: options.applicationName ?? 'mistwatch',
      types,
      onConnect: withoutJit,
    });
    this.pool.on('error', options.onIdleError ?? (() => undefined));
    // A connection that breaks between two queries of a transaction fails the next one; without a listener it would end the process.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  async query<R extends Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    const unit = this.unit();
    if (unit === null && fenceNow() !== null) return this.alone((tx) => tx.query<R>(text, values));
    try {
      if (unit !== null) return (await unit.client.query<R>(text, values as unknown[])).rows;
      return await this.pooled<R>(text, values);
    } catch (error) {
      throw this.classified(error);
    }
  }

  /** In transactions statements are sent as they are: those behind a fence mean other tables by the same names. */
  private async pooled<R extends Row>(text: string, values: readonly unknown[]): Promise<R[]> {
    const name = this.keepsPlans ? preparedName(text) : undefined;
    if (name === undefined) return (await this.pool.query<R>(text, values as unknown[])).rows;
    try {
      return (await this.pool.query<R>({ name, text, values: values as unknown[] })).rows;
    } catch (error) {
      if (!isPlanLost(error)) throw error;
      // Nothing was done. A pooler in between gives the connections of one to another, or the schema has become a newer one.
      this.keepsPlans = false;
      return this.pooled<R>(text, values);
    }
  }

  copyRows(select: string, take: (row: CopyCursor) => void): Promise<void> {
    return this.alone((tx) => tx.copyRows(select, take));
  }

  /** One statement in a transaction of its own. */
  private alone<T>(statement: (tx: Transaction) => Promise<T>): Promise<T> {
    const isFenced = fenceNow() !== null && this.unit() === null;
    return isFenced ? this.fencedTurns.take(() => this.transaction(statement)) : this.transaction(statement);
  }

  /** Commits what `work` did, or nothing of it; inside of `atomically` together with all else there. */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const unit = this.unit();
    return unit === null ? this.committed(work) : this.nested(unit, work);
  }

  /** Everything that `work` asks of this database, wherever it is asked, is committed together or not at all. */
  atomically<T>(work: () => Promise<T>): Promise<T> {
    const fence = fenceNow();
    return this.committed(async ({ client }) => {
      let isOver = false;
      try {
        return await this.units.run({ client, fence, isOver: () => isOver, newest: Promise.resolve() }, work);
      } finally {
        isOver = true;
      }
    });
  }

  /** A connection for rows that are streamed; behind a fence in a transaction of it. */
  async lend(): Promise<Lent> {
    const fence = fenceNow();
    const client = await this.connected();
    if (fence === null) return { client, giveBack: (broken) => Promise.resolve(client.release(broken)) };
    const giveBack = async (broken?: Error | boolean): Promise<void> => {
      const failed =
        broken === undefined || broken === false ? await client.query('rollback').catch((error: Error) => error) : broken;
      client.release(failed instanceof Error || failed === true);
    };
    await client.query(beginFenced(fence)).catch(async (error: unknown) => {
      await giveBack(true);
      throw classifyDatabaseError(error);
    });
    return { client, giveBack };
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private connected(): Promise<pg.PoolClient> {
    return this.pool.connect().catch((error: unknown) => {
      throw classifyDatabaseError(error);
    });
  }

  private unit(): Unit | null {
    const unit = this.units.getStore();
    if (unit === undefined || unit.isOver()) return null;
    if (unit.fence !== fenceNow()) throw new Error('The transaction was begun outside of the fence that stands now.');
    return unit;
  }

  private nested<T>(unit: Unit, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const { client, fence } = unit;
    const run = unit.newest.then(async () => {
      await client.query('savepoint nested');
      try {
        const result = await this.units.run({ client, fence, isOver: () => unit.isOver(), newest: Promise.resolve() }, () =>
          work(transactionOn(client)),
        );
        await client.query('release savepoint nested');
        return result;
      } catch (error) {
        await client.query('rollback to savepoint nested');
        throw this.classified(error);
      }
    });
    unit.newest = run.catch(() => undefined);
    return run;
  }

  private async committed<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const fence = fenceNow();
    const client = await this.connected();
    let broken: Error | undefined;
    try {
      await client.query(fence === null ? 'begin' : beginFenced(fence));
      const result = await work(transactionOn(client));
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw this.classified(error);
    } finally {
      client.release(broken);
    }
  }

  private classified(error: unknown): unknown {
    const classified = classifyDatabaseError(error);
    if (classified instanceof TransientError && classified.code === PARTITION_GONE) this.knownPartitions.clear();
    return classified;
  }
}

function transactionOn(client: pg.PoolClient): Transaction {
  return {
    client,
    async query<R extends Row>(text: string, values: readonly unknown[] = []): Promise<R[]> {
      return (await client.query<R>(text, values as unknown[])).rows;
    },
    copyRows: (select, take) => client.query(new CopyQuery(select, { row: take })).done,
  };
}
