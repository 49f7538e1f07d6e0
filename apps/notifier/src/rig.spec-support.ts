import {
  Database,
  createService,
  loadEnv,
  parseSettings,
  upsertOrg,
  type QueueName,
  type RunningService,
  type Runtime,
} from '@app/shared';
import { createTestDatabase, ManualClock, startSmtpSink, testRedisUrl, type SmtpSink, type TestDatabase } from '@app/testing';
import type { AlertDetails, AlertRuleId, AlertStatus, Severity } from '@app/domain';
import { DispatchService } from './dispatch/dispatch.service.js';
import { NOTIFIER } from './notifier.service-definition.js';

export const START = Date.UTC(2026, 2, 2, 12);
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export interface DeliveryState {
  readonly status: string;
  readonly attempts: number;
  readonly reason: string;
  readonly withheldReason: string | null;
  readonly step: number;
  readonly messageId: string | null;
}

/** Everything one story needs: an empty database, a queue, a mail server, a clock, and notifiers on top. */
export class Rig {
  readonly clock = new ManualClock(START);
  private readonly services: RunningService[] = [];
  private readonly redis = testRedisUrl();
  private read = 0;

  private constructor(
    private readonly testDatabase: TestDatabase,
    readonly database: Database,
    readonly sink: SmtpSink,
    readonly orgId: number,
  ) {}

  static async start(): Promise<Rig> {
    const [testDatabase, sink] = await Promise.all([createTestDatabase(), startSmtpSink()]);
    const database = new Database({ url: testDatabase.url });
    const { id } = await upsertOrg(database, { externalId: 'org-1', name: 'Example Retail' });
    return new Rig(testDatabase, database, sink, id);
  }

  /**
   * A notifier of its own, with its own connections; without a receiver it has no channel. `more` are further sections of the configuration. Unless
   * `queues` says so it takes no jobs: a sweep by the machine's clock would hold notices that the story, which tells the time, expects to be sent.
   */
  async notifier(
    to: readonly string[] = ['noc@example.com'],
    more: Readonly<Record<string, unknown>> = {},
    queues: readonly QueueName[] = [],
  ): Promise<RunningService & { dispatch: DispatchService }> {
    const service = await createService({
      ...NOTIFIER,
      queues,
      healthPort: 0,
      runtime: this.runtime(to, more),
      logger: { log() {}, warn() {}, error() {}, fatal() {} },
    });
    this.services.push(service);
    return { ...service, dispatch: service.app.get(DispatchService) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.services.map((service) => service.close()));
    await this.database.close();
    await this.sink.close();
    await this.testDatabase.drop();
  }

  async site(name: string, region: string | null = null): Promise<number> {
    const [row] = await this.database.query<{ id: number }>(
      `with added as (insert into site (org_id, external_id, name) values ($1, gen_random_uuid(), $2) returning id), placed as (
         insert into site_attribute (org_id, site_id, source, since, region) select $1, id, 'configured', '-infinity', $3 from added where $3::text is not null)
       select id from added`,
      [this.orgId, name, region],
    );
    return row?.id ?? 0;
  }

  async circuit(siteId: number, provider: string | null): Promise<number> {
    const [row] = await this.database.query<{ id: number }>(
      `with added as (insert into circuit (org_id, mac, port_id, site_id, is_live) select $1, lpad($2::integer::text, 12, '0'), 'ge-0/0/' || count(*), $2::integer, true
         from circuit where org_id = $1 and site_id = $2::integer returning id), named as (
         insert into circuit_attribute (org_id, circuit_id, source, since, provider) select $1, id, 'configured', '-infinity', $3 from added)
       select id from added`,
      [this.orgId, siteId, provider],
    );
    return row?.id ?? 0;
  }

  circuitDown(siteId: number, circuitId: number): Promise<number> {
    const details = { circuitName: `circuit ${circuitId}` };
    return this.alert('circuit-down', siteId, { severity: 'major', subject: `circuit:${circuitId}`, circuitId, details });
  }

  /** An alert as the analyzer writes it, with its outbox row. */
  async alert(
    rule: AlertRuleId,
    siteId: number,
    more: {
      severity?: Severity;
      status?: AlertStatus;
      subject?: string;
      circuitId?: number;
      details?: Partial<AlertDetails>;
    } = {},
  ): Promise<number> {
    const { severity = 'critical', status = 'firing', subject = `site:${siteId}` } = more;
    const at = new Date(this.clock.now());
    const details = { siteName: `site ${siteId}`, ...more.details };
    const [row] = await this.database.query<{ id: number }>(
      `insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, details, observed_at, circuit_id)
       values ($1, $2, $3, $4, $10, $5, $6, $7, case when $5 = 'pending' then null else $7::timestamptz end, $8, $7, $9) returning id`,
      [
        this.orgId,
        rule,
        subject,
        siteId,
        status,
        severity,
        at,
        JSON.stringify(details),
        more.circuitId ?? null,
        JSON.stringify(stateOf(status, severity, at.getTime())),
      ],
    );
    const id = row?.id ?? 0;
    if (status !== 'pending') await this.told(id);
    return id;
  }

  async change(alertId: number, to: { status?: AlertStatus; severity?: Severity }): Promise<void> {
    await this.database.query(
      `update alert set status = coalesce($3, status), severity = coalesce($4, severity), fired_at = case when $3 = 'firing' then coalesce(fired_at, $5) else fired_at end,
         resolved_at = case when $3 = 'resolved' then $5::timestamptz end,
         state = case when $3 = 'resolved' then '{"kind":"ok"}' else state end where org_id = $1 and id = $2`,
      [this.orgId, alertId, to.status ?? null, to.severity ?? null, new Date(this.clock.now())],
    );
    await this.told(alertId);
  }

  async startFlapping(alertId: number): Promise<void> {
    await this.database.query(`update alert set state = '{"kind":"flapping"}' where id = $1`, [alertId]);
    await this.database.query(
      `insert into alert_change (org_id, alert_id, seq, at, to_status, severity, reason) values ($1, $2, 2, $3, 'firing', 'major', 'flapping')`,
      [this.orgId, alertId, new Date(this.clock.now())],
    );
    await this.told(alertId);
  }

  /** Puts outbox rows back, as if the commit that took them had been lost. */
  async deliverOutboxAgain(): Promise<void> {
    await this.database.query('update outbox set taken_at = null');
  }

  /** Time passes in steps, and the sweep runs after each, as it does every few seconds. */
  async pass(dispatch: DispatchService, forMs: number, stepMs = MINUTE): Promise<void> {
    await dispatch.sendDue();
    for (let passed = 0; passed < forMs; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, forMs - passed));
      await dispatch.sendDue();
    }
  }

  /** What arrived since the last call: who got which subject, in order of arrival at each. */
  news(): string[] {
    const mails = this.sink.mails.slice(this.read);
    this.read = this.sink.mails.length;
    return mails.map(({ envelope, subject }) => `${envelope.to.join()} ${subject ?? ''}`).sort();
  }

  /** Nothing waits in the outbox, no incident and no delivery is due. */
  async isQuiet(): Promise<boolean> {
    const [row] = await this.database.query<{ waiting: number }>(
      `select (select count(*) from outbox where taken_at is null) + (select count(*) from incident where due_at <= $1 and resolved_at is null)
         + (select count(*) from delivery where status = 'due' and due_at <= $1) as waiting`,
      [new Date(this.clock.now())],
    );
    return row?.waiting === 0;
  }

  async deliveries(): Promise<DeliveryState[]> {
    return this.database.query<DeliveryState & { [column: string]: unknown }>(
      'select status, attempts, reason, withheld_reason as "withheldReason", step, message_id as "messageId" from delivery order by id',
    );
  }

  /** Why it was decided as it was, incident by incident. */
  async reasons(): Promise<string[]> {
    const rows = await this.database.query<{ reason: string }>('select reason from incident_decision order by incident_id, seq');
    return rows.map(({ reason }) => reason);
  }

  private async told(alertId: number): Promise<void> {
    await this.database.query(
      `insert into outbox (org_id, alert_id, seq, at, correlation_id)
       select $1, $2, coalesce(max(seq), 0) + 1, $3, 'corr-1' from outbox where org_id = $1 and alert_id = $2`,
      [this.orgId, alertId, new Date(this.clock.now())],
    );
  }

  private runtime(to: readonly string[], more: Readonly<Record<string, unknown>>): Runtime {
    const { url, prefix } = this.redis;
    const variables = { DATABASE_URL: this.testDatabase.url, PUBLIC_URL: 'https://mistwatch.example.com' };
    const env = loadEnv(variables);
    const email = { smtpUrl: `smtp://127.0.0.1:${this.sink.port}`, from: 'mistwatch <mistwatch@example.com>', to };
    return {
      env,
      settings: parseSettings(JSON.stringify({ ...(to.length === 0 ? {} : { email }), ...more }), {}),
      clock: this.clock,
      queue: { kind: 'redis', url, prefix },
      databaseUrl: env.databaseUrl,
    };
  }
}

/** The state that goes with a status, as the analyzer keeps it. */
function stateOf(status: AlertStatus, severity: Severity, at: number): object {
  const seen = { observedAt: at, breached: status !== 'resolved', flips: [] };
  if (status === 'resolved') return { ...seen, kind: 'ok' };
  if (status === 'pending') return { ...seen, kind: 'pending', since: at, severity, bad: 1 };
  const acknowledgement = status === 'acknowledged' ? { by: 'somebody', at } : null;
  return { ...seen, kind: status, since: at, severity, firedAt: at, acknowledgement };
}
