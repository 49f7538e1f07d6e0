import type { AlertStatus, EpochMs, PortState, SubjectStory } from '@app/domain';
import type { Queryable, Row } from './database.js';
import { listSilences } from './silences.repository.js';

/** Of whom somebody asks: a site, or one of its circuits. Our keys. */
export interface AskedSubject {
  readonly siteId: number;
  readonly circuitId: number | null;
}

const MOST_PAST = 5;
const MOST_SILENCES = 20;

const ms = (at: Date | null): EpochMs | null => at?.getTime() ?? null;

/** What is known of a site or circuit that may explain why there is an alert about it or not. */
export async function loadSubjectStory(
  db: Queryable,
  orgId: number,
  { siteId, circuitId, now }: AskedSubject & { readonly now: EpochMs },
): Promise<Omit<SubjectStory, 'disabledRules'>> {
  const [site] = await db.query<{ name: string; removed_at: Date | null }>(
    'select coalesce(name, external_id) as name, removed_at from site where org_id = $1 and id = $2',
    [orgId, siteId],
  );
  const circuits = await circuitsOf(db, orgId, { siteId, circuitId });
  const silences = await listSilences(db, orgId, { endsAfter: now, isWithEnded: false, after: null, limit: MOST_SILENCES });
  return {
    about: circuitId === null ? `site ${site?.name ?? ''}` : `circuit ${circuits[0]?.name ?? ''} of ${site?.name ?? ''}`,
    removedAt: ms(site?.removed_at ?? null),
    ...(await alertsOf(db, orgId, { siteId, circuitId })),
    circuits,
    gateways: await gatewaysOf(db, orgId, siteId),
    polls: await pollsOf(db, orgId),
    silences: silences
      .filter(({ fromAt }) => fromAt.getTime() <= now)
      .map(({ id, owner, reason, toAt }) => ({ id, owner, reason, to: toAt.getTime() })),
  };
}

interface AlertRow extends Row {
  readonly id: number;
  readonly rule: string;
  readonly status: AlertStatus;
  readonly suppressedBy: string | null;
  readonly firedAt: Date | null;
  readonly resolvedAt: Date | null;
  readonly reason: string | null;
}

async function alertsOf(
  db: Queryable,
  orgId: number,
  { siteId, circuitId }: AskedSubject,
): Promise<Pick<SubjectStory, 'open' | 'past'>> {
  const rows = await db.query<AlertRow>(
    `with mine as (select * from alert where org_id = $1 and (site_id = $2 or circuit_id = $3) and ($3::int is null or circuit_id = $3)),
       chosen as (select * from mine where status <> 'resolved'
         union all (select * from mine where status = 'resolved' order by id desc limit ${String(MOST_PAST)}))
     select a.id, a.rule, a.status, a.suppressed_by as "suppressedBy", a.fired_at as "firedAt", a.resolved_at as "resolvedAt",
       (select reason from alert_change c where c.org_id = $1 and c.alert_id = a.id order by seq desc limit 1) as reason
     from chosen a order by a.id desc`,
    [orgId, siteId, circuitId],
  );
  return {
    open: rows
      .filter(({ status }) => status !== 'resolved')
      .map(({ id, rule, status, suppressedBy }) => ({ id, rule, status, suppressedBy })),
    past: rows
      .filter(({ status }) => status === 'resolved')
      .map(({ id, rule, firedAt, resolvedAt, reason }) => ({
        id,
        rule,
        firedAt: ms(firedAt),
        resolvedAt: ms(resolvedAt),
        reason,
      })),
  };
}

async function circuitsOf(db: Queryable, orgId: number, { siteId, circuitId }: AskedSubject): Promise<SubjectStory['circuits']> {
  const rows = await db.query<{
    name: string;
    state: PortState | null;
    since: Date | null;
    seen_at: Date | null;
    is_live: boolean;
    disabled: boolean;
  }>(
    `select coalesce((select a.name from circuit_attribute a where a.org_id = c.org_id and a.circuit_id = c.id and a.name is not null
         order by a.source, a.since desc limit 1), wan_name, mac || ':' || port_id) as name, state, state_since as since, last_observed_at as seen_at, is_live, disabled
     from circuit c where org_id = $1 and site_id = $2 and ($3::int is null or id = $3) order by mac, port_id`,
    [orgId, siteId, circuitId],
  );
  return rows.map((row) => ({
    name: row.name,
    state: row.state,
    since: ms(row.since),
    seenAt: ms(row.seen_at),
    isLive: row.is_live,
    isDisabled: row.disabled,
  }));
}

async function gatewaysOf(db: Queryable, orgId: number, siteId: number): Promise<SubjectStory['gateways']> {
  const rows = await db.query<{ name: string; connected: boolean | null; since: Date | null }>(
    `select coalesce(name, mac) as name, connected, connected_since as since from device
     where org_id = $1 and site_id = $2 and type = 'gateway' order by mac`,
    [orgId, siteId],
  );
  return rows.map(({ name, connected, since }) => ({ name, connected, since: ms(since) }));
}

/** What alerts about sites and circuits are made of. */
const ASKED_KINDS = ['wan-ports', 'gateways', 'sle-wifi', 'sle-wan'];

async function pollsOf(db: Queryable, orgId: number): Promise<SubjectStory['polls']> {
  const rows = await db.query<{ kind: string; committed_at: Date | null }>(
    'select kind, committed_at from poll_state where org_id = $1 and kind = any($2) order by kind',
    [orgId, ASKED_KINDS],
  );
  return rows.map(({ kind, committed_at: committedAt }) => ({ kind, committedAt: ms(committedAt) }));
}
