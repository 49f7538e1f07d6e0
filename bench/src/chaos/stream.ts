import { upsertOrg, type Database, type JobPublisher } from '@app/shared';
import type { Way } from './receivers.js';

export const ORG = 'org-chaos';

/** Alerts as the analyzer writes them: each change commits together with its row of the outbox. */
export class AlertStream {
  private count = 0;

  private constructor(
    private readonly database: Database,
    private readonly publisher: JobPublisher,
    private readonly orgId: number,
  ) {}

  static async start(database: Database, publisher: JobPublisher): Promise<AlertStream> {
    const { id } = await upsertOrg(database, { externalId: ORG, name: 'Example Retail' });
    return new AlertStream(database, publisher, id);
  }

  get alerts(): number {
    return this.count;
  }

  /** Another site falls. */
  async fire(now: number): Promise<void> {
    const name = `Site-${String(++this.count).padStart(5, '0')}`;
    await this.database.query(
      `with placed as (insert into site (org_id, external_id, name) values ($1, gen_random_uuid(), $2) returning id),
       fired as (
         insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, details, observed_at)
         select $1, 'site-down', 'site:' || id, id, $4, 'firing', 'critical', $3, $3, $5, $3 from placed returning id)
       insert into outbox (org_id, alert_id, seq, at, correlation_id) select $1, id, 1, $3, 'chaos' from fired`,
      [this.orgId, name, new Date(now), JSON.stringify(firing(now)), JSON.stringify({ siteName: name })],
    );
    await this.wake();
  }

  /** What has been decided to be told, and lasts since before this instant, is over. Returns how many alerts still fire. */
  async resolve(before: number, now: number): Promise<number> {
    await this.database.query(
      `with ended as (
         update alert a set status = 'resolved', resolved_at = $3, state = '{"kind":"ok"}' where org_id = $1 and status = 'firing' and fired_at < $2
           and exists (select 1 from incident_alert m join delivery d on d.org_id = m.org_id and d.incident_id = m.incident_id
             where m.org_id = a.org_id and m.alert_id = a.id)
         returning id)
       insert into outbox (org_id, alert_id, seq, at, correlation_id) select $1, id, 2, $3, 'chaos' from ended`,
      [this.orgId, new Date(before), new Date(now)],
    );
    await this.wake();
    const [row] = await this.database.query<{ count: number }>(
      `select count(*)::int as count from alert where org_id = $1 and status = 'firing'`,
      [this.orgId],
    );
    return row?.count ?? 0;
  }

  /** A delivery's state, found by the parts of the id that its receiver saw. */
  async statusOf(way: Way, id: string): Promise<string | null> {
    const [, org, incident, step] = /^incident-(\d+)-(\d+)-[^.]+\.(\d+)\./.exec(id) ?? [];
    const rows = await this.database.query<{ status: string }>(
      'select status from delivery where org_id = $1 and incident_id = $2 and step = $3 and channel = $4',
      [Number(org), Number(incident), Number(step), way],
    );
    return rows[0]?.status ?? null;
  }

  /** What is due now, and what will be. */
  async waiting(now: number): Promise<{ due: number; later: number }> {
    const [row] = await this.database.query<{ due: number; later: number }>(
      `select ((select count(*) from outbox where taken_at is null) + (select count(*) from incident where due_at <= $1 and resolved_at is null)
          + (select count(*) from delivery where status = 'due' and due_at <= $1))::int as due,
         (select count(*) from delivery where status = 'due')::int as later`,
      [new Date(now)],
    );
    return row ?? { due: 0, later: 0 };
  }

  async wake(): Promise<void> {
    await this.publisher.publish('drain-outbox', { orgId: ORG });
  }

  async sweep(): Promise<void> {
    await this.publisher.publish('send-due', {});
  }
}

const firing = (at: number): object => ({
  kind: 'firing',
  observedAt: at,
  breached: true,
  flips: [],
  since: at,
  severity: 'critical',
  firedAt: at,
  acknowledgement: null,
});
