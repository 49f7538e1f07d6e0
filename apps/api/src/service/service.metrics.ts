import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, Database, JobPublisher, METRICS, type Clock, type QueueName } from '@app/shared';
import { Gauge, Histogram, type Registry } from 'prom-client';

const QUEUES: readonly QueueName[] = ['collect', 'ingest', 'analyze', 'rollup', 'inbox', 'notify', 'report'];
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What the API measures: its own requests, and at each scrape the state of the whole. */
@Injectable()
export class ServiceMetrics implements OnModuleInit {
  private durations!: Histogram<'method' | 'route' | 'status'>;

  constructor(
    @Inject(METRICS) private readonly registry: Registry,
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onModuleInit(): void {
    this.durations = new Histogram({
      name: 'mistwatch_http_request_seconds',
      help: 'Time to answer a request',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: SECONDS,
      registers: [this.registry],
    });
    this.gauge('mistwatch_queue_depth', 'Jobs not done yet', 'queue', async (gauge) => {
      for (const queue of QUEUES) gauge.set({ queue }, await this.publisher.depth(queue));
    });
    this.gauge('mistwatch_poll_age_seconds', 'Age of the oldest committed poll of an organization', 'org_key', (gauge) =>
      this.setAges(gauge, POLL_AGES),
    );
    this.gauge(
      'mistwatch_facts_lag_seconds',
      'Time since the end of the newest hour fact of an organization',
      'org_key',
      (gauge) => this.setAges(gauge, FACTS_LAGS),
    );
  }

  observe(request: { method: string; route: string; status: number; seconds: number }): void {
    this.durations.observe({ method: request.method, route: request.route, status: String(request.status) }, request.seconds);
  }

  private gauge(name: string, help: string, label: string, collect: (gauge: Gauge) => Promise<void>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      // A part that is away must not take the other figures with it: the gauge is left empty, and /health/ready says why.
      collect: () => {
        gauge.reset();
        return collect(gauge).catch(() => gauge.reset());
      },
    });
  }

  private async setAges(gauge: Gauge, sql: string): Promise<void> {
    for (const { org_key, at } of await this.database.query<{ org_key: number; at: Date }>(sql)) {
      gauge.set({ org_key }, Math.max(0, (this.clock.now() - at.getTime()) / 1000));
    }
  }
}

// The metrics need no key to read, so they name organizations by our number, which says nothing to a stranger.
const POLL_AGES =
  'select org_id as org_key, min(committed_at) as at from poll_state where committed_at is not null group by org_id';
const FACTS_LAGS = 'select org_id as org_key, max(facts_until) as at from circuit where facts_until is not null group by org_id';
