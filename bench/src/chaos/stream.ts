import { randomUUID } from 'node:crypto';
import { acknowledgeIncident, addSilence, upsertOrg, type Database, type JobPublisher } from '@app/shared';
import type { Heard } from './mentions.js';
import { PLANS, regionOf, type Story, type StoryKind } from './stories.js';

export const ORG = 'org-chaos';
const ACTOR = 'key:1';

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

  /** Another site falls. */
  async fire(kind: StoryKind, now: number, silentUntil: number | null): Promise<Story> {
    const site = `Site-${String(++this.count).padStart(5, '0')}`;
    const siteId = await this.place(site, { region: regionOf(kind, now), silentUntil }, now);
    const { severity } = PLANS[kind];
    await this.database.query(
      `with fired as (
         insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, details, observed_at)
         values ($1, 'site-down', 'site:' || $2::integer, $2::integer, $4, 'firing', $6, $3, $3, $5, $3) returning id)
       insert into outbox (org_id, alert_id, seq, at, correlation_id) select $1, id, 1, $3, 'chaos' from fired`,
      [this.orgId, siteId, new Date(now), JSON.stringify(firing(now, severity)), JSON.stringify({ siteName: site }), severity],
    );
    await this.wake();
    return { kind, site, siteId, firedAt: now, silentUntil };
  }

  async worsen(sites: readonly number[], now: number): Promise<void> {
    await this.change(sites, `severity = 'critical', state = jsonb_set(state, '{severity}', '"critical"')`, now);
  }

  async resolve(sites: readonly number[], now: number): Promise<void> {
    await this.change(sites, `status = 'resolved', resolved_at = $3, state = '{"kind":"ok"}'`, now);
  }

  async take(incidentId: number, now: number): Promise<void> {
    const request = { incidentId, by: 'Example Person', until: null, note: null };
    await acknowledgeIncident(this.database, this.orgId, request, { at: new Date(now), actor: ACTOR });
    await this.sweep();
  }

  /** Open sites of which it is decided that people are told, with their incidents. */
  async decided(): Promise<Map<number, number>> {
    const rows = await this.database.query<{ siteId: number; incidentId: number }>(
      `select distinct a.site_id as "siteId", m.incident_id as "incidentId" from alert a join incident_alert m on m.org_id = a.org_id and m.alert_id = a.id
       where a.org_id = $1 and a.status <> 'resolved'
         and exists (select 1 from delivery d where d.org_id = m.org_id and d.incident_id = m.incident_id)`,
      [this.orgId],
    );
    return new Map(rows.map(({ siteId, incidentId }) => [siteId, incidentId]));
  }

  /** A delivery's state, found by the parts of the id that its receiver saw. */
  async statusOf({ place, id }: Heard): Promise<string | null> {
    const [, org, incident, step] = /^incident-(\d+)-(\d+)-[^.]+\.(\d+)\./.exec(id) ?? [];
    const rows = await this.database.query<{ status: string }>(
      'select status from delivery where org_id = $1 and incident_id = $2 and step = $3 and $4 in (destination, channel)',
      [Number(org), Number(incident), Number(step), place],
    );
    return rows[0]?.status ?? null;
  }

  /** How much is due now, and when the next is that is not. */
  async waiting(now: number): Promise<{ due: number; next: number | null }> {
    const [row] = await this.database.query<{ due: number; next: Date | null }>(
      `with timed as (
         select due_at from incident where due_at is not null and resolved_at is null
         union all select due_at from delivery where status in ('due', 'digest'))
       select ((select count(*) from outbox where taken_at is null) + (select count(*) from timed where due_at <= $1))::int as due,
         (select min(due_at) from timed where due_at > $1) as next`,
      [new Date(now)],
    );
    return { due: row?.due ?? 0, next: row?.next?.getTime() ?? null };
  }

  /** What the database knows of a site's incident, for whoever wants to know why a notice did not come. */
  async traceOf(site: string): Promise<string> {
    const rows = await this.database.query(
      `select i.id, i.resolved_at as "resolvedAt",
         (select json_agg(json_build_array(x.at, x.reason) order by x.seq) from incident_decision x where x.org_id = i.org_id and x.incident_id = i.id) as decisions,
         (select json_agg(json_build_array(d.id, d.step, d.reason, d.destination, d.status, d.withheld_reason, d.due_at, d.claimed_until, d.attempts) order by d.id)
          from delivery d where d.org_id = i.org_id and d.incident_id = i.id) as deliveries
       from incident i join incident_alert m on m.org_id = i.org_id and m.incident_id = i.id join alert a on a.org_id = m.org_id and a.id = m.alert_id
       join site s on s.org_id = a.org_id and s.id = a.site_id where i.org_id = $1 and s.name = $2`,
      [this.orgId, site],
    );
    return JSON.stringify(rows);
  }

  /** Ends a connection of a notifier, as a failover of Postgres would. Returns how many were cut. */
  async cutConnection(): Promise<number> {
    const rows = await this.database.query(
      `select pg_terminate_backend(pid) from (select pid from pg_stat_activity where datname = current_database()
         and application_name like 'mistwatch-notifier%' order by random() limit 1) as victim`,
    );
    return rows.length;
  }

  async sweep(): Promise<void> {
    await this.publisher.publish('send-due', {});
  }

  private async wake(): Promise<void> {
    await this.publisher.publish('drain-outbox', { orgId: ORG });
  }

  private async place(
    site: string,
    { region, silentUntil }: { readonly region: string; readonly silentUntil: number | null },
    now: number,
  ): Promise<number> {
    const externalId = randomUUID();
    const [row] = await this.database.query<{ id: number }>(
      `with placed as (insert into site (org_id, external_id, name) values ($1, $2, $3) returning id), region as (
         insert into site_attribute (org_id, site_id, source, since, region) select $1, id, 'configured', '-infinity', $4 from placed)
       select id from placed`,
      [this.orgId, externalId, site, region],
    );
    if (silentUntil !== null) {
      const silence = {
        matcher: { sites: [externalId] },
        reason: 'power works',
        owner: 'Example Person',
        from: now,
        to: silentUntil,
      };
      await addSilence(this.database, this.orgId, silence, { at: new Date(now), actor: ACTOR });
    }
    return row?.id ?? 0;
  }

  private async change(sites: readonly number[], assignments: string, now: number): Promise<void> {
    if (sites.length === 0) return;
    await this.database.query(
      `with changed as (update alert set observed_at = $3, ${assignments} where org_id = $1 and site_id = any($2) and status <> 'resolved' returning id)
       insert into outbox (org_id, alert_id, seq, at, correlation_id)
       select $1, c.id, (select max(seq) + 1 from outbox o where o.org_id = $1 and o.alert_id = c.id), $3, 'chaos' from changed c`,
      [this.orgId, sites, new Date(now)],
    );
    await this.wake();
  }
}

const firing = (at: number, severity: string): object => ({
  kind: 'firing',
  observedAt: at,
  breached: true,
  flips: [],
  since: at,
  severity,
  firedAt: at,
  acknowledgement: null,
});
