import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, Database, METRICS, scrubText, SETTINGS, type Clock, type Settings } from '@app/shared';
import type { Registry } from 'prom-client';
import { httpFor } from '../channels/http/channel-parts.js';
import type { HttpClient } from '../channels/http/http-client.js';
import { brokenPart } from './chain.js';
import { HeartbeatMetrics } from './heartbeat.metrics.js';
import { claimHeartbeat, lastCallAt, noteCall, noteSweep, readStanding } from './heartbeat.repository.js';

/** Jobs come a little early or late; two in one interval are still told apart. */
const EARLY_SHARE = 0.2;

/** Calls out once an interval, as long as everything from Mist to people works: whoever misses the calls raises the alarm. */
@Injectable()
export class HeartbeatService implements OnApplicationShutdown {
  private readonly logger = new Logger('heartbeat');
  private readonly http: HttpClient | null;
  private readonly metrics: HeartbeatMetrics | null;
  private broken: string | null = null;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) registry: Registry,
  ) {
    const { heartbeat } = settings;
    this.http = heartbeat === undefined ? null : httpFor('The receiver of heartbeats', heartbeat, { clock });
    this.metrics =
      heartbeat === undefined ? null : new HeartbeatMetrics(registry, heartbeat.everySeconds, () => lastCallAt(database));
  }

  /** `null` = nobody is to be called. */
  everyMs(): number | null {
    const { heartbeat } = this.settings;
    return heartbeat === undefined ? null : heartbeat.everySeconds * 1_000;
  }

  /** The notifier looked for what is due, and came to the end of it. */
  async noteSweep(): Promise<void> {
    if (this.http !== null) await noteSweep(this.database, this.clock.now());
  }

  /** Calls, if everything works and nobody has called in this interval. A call that fails is only noted: the next one comes soon. */
  async beat(): Promise<void> {
    const { heartbeat, collect } = this.settings;
    if (this.http === null || heartbeat === undefined) return;
    const now = this.clock.now();
    const broken = brokenPart(await readStanding(this.database), collect.intervalsSeconds, now);
    this.noteBroken(broken);
    if (broken !== null) return;
    if (!(await claimHeartbeat(this.database, now, heartbeat.everySeconds * 1_000 * (1 - EARLY_SHARE)))) return;
    await noteCall(this.database, now, await this.call(this.http, heartbeat.url));
  }

  onApplicationShutdown(): Promise<void> | undefined {
    return this.http?.close();
  }

  /** What went wrong; `null` = it was taken. */
  private async call(http: HttpClient, url: string): Promise<string | null> {
    try {
      await http.send({ method: 'GET', url });
      return null;
    } catch (error) {
      const failure = scrubText(error instanceof Error ? error.message : String(error));
      this.metrics?.noteFailure();
      this.logger.warn({ message: 'The heartbeat was not taken; the next one comes with its interval', failure });
      return failure;
    }
  }

  /** Told when it begins and when it ends, not every minute. */
  private noteBroken(broken: string | null): void {
    this.metrics?.setHeldBack(broken !== null);
    if (broken === this.broken) return;
    this.broken = broken;
    if (broken === null) this.logger.log('Everything works again: heartbeats go out');
    else this.logger.error(`No heartbeat goes out: ${broken}`);
  }
}
