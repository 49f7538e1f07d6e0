import pg from 'pg';
import type { Database } from '../database.js';

export interface LiveListenerOptions {
  /** The one to listen to; its pool is left alone. */
  readonly database: Database;
  /** Something was written for an org. */
  readonly onEvent: (orgId: number) => void;
  /** The connection is lost or could not be made; it is tried again. Until then only who looks for himself hears of events. */
  readonly onLost: (error: Error) => void;
}

const CHANNEL = 'mistwatch_live';
const AGAIN_MS = 5_000;

/**
 * Hears that events were committed, on a connection of its own. It only wakes up: a notice may be lost with its connection, and a pooler between may
 * not pass any on, so that whoever needs the events looks for them now and then as well.
 */
export class LiveListener {
  private client: pg.Client | null = null;
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  constructor(private readonly options: LiveListenerOptions) {}

  async start(): Promise<void> {
    const { connectionString } = this.options.database.pool.options;
    const client = new pg.Client({
      ...(connectionString === undefined ? {} : { connectionString }),
      application_name: 'mistwatch-live',
      connectionTimeoutMillis: 10_000,
      // A connection that died without a word is found out.
      keepAlive: true,
    });
    this.client = client;
    client.on('notification', ({ payload }) => this.options.onEvent(Number(payload)));
    client.on('error', (error: Error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('The connection ended.')));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      this.lost(client, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async stop(): Promise<void> {
    this.isOver = true;
    clearTimeout(this.timer);
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private lost(client: pg.Client, error: Error): void {
    if (this.isOver || this.client !== client) return;
    this.client = null;
    this.options.onLost(error);
    client.end().catch(() => undefined);
    this.timer = setTimeout(() => void this.start(), AGAIN_MS);
    this.timer.unref();
  }
}
