import { digestLines, worst, type DigestLine, type EpochMs, type Severity } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import { plain, reasonText } from '../channels/notice.format.js';
import type { NotifiedSite, Notification } from '../channels/notification.js';
import { lockCeiling, roomOf, withhold, type AdmissionRules } from './admission.js';
import type { ClaimedDelivery } from './deliveries.repository.js';
import { whyHeldNow, whyWithheld, type Withheld } from './withhold.js';

interface WaitingRow {
  readonly orgId: number;
  readonly id: number;
  readonly incidentId: number;
  readonly step: number;
  readonly destination: string;
  readonly channel: string;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  readonly notification: Notification;
}

interface Waiting extends Omit<WaitingRow, 'openedAt'> {
  readonly openedAt: EpochMs;
  readonly severity: Severity;
}

/** Lines of one incident: a digest names where to look, the incident itself tells the rest. */
const LINES_PER_INCIDENT = 6;

/** Makes every digest that is due, one per destination. Returns how many. */
export async function makeDigests(database: Database, rules: AdmissionRules, now: EpochMs): Promise<number> {
  const due = await database.query<{ orgId: number; destination: string }>(
    `select distinct org_id as "orgId", destination from delivery where status = 'digest' and due_at <= $1 order by 1, 2`,
    [new Date(now)],
  );
  let made = 0;
  for (const { orgId, destination } of due)
    if (await database.transaction((tx) => makeDigest(tx, { orgId, destination }, rules, now))) made++;
  return made;
}

interface Place {
  readonly orgId: number;
  readonly destination: string;
}

async function makeDigest(tx: Queryable, place: Place, rules: AdmissionRules, now: EpochMs): Promise<boolean> {
  await lockCeiling(tx, place.destination);
  const room = await roomOf(tx, place.destination, rules.perDestinationPerHour, now);
  if (room > now) {
    await tx.query(
      `update delivery set due_at = $4 where org_id = $1 and destination = $2 and status = 'digest' and due_at <= $3`,
      [place.orgId, place.destination, new Date(now), new Date(room)],
    );
    return false;
  }
  const rows = await wanted(tx, await lockWaiting(tx, place, now), rules, now);
  const [first] = rows;
  if (first === undefined) return false;
  await store(tx, { ...place, channel: first.channel }, rows, now);
  return true;
}

async function lockWaiting(tx: Queryable, { orgId, destination }: Place, now: EpochMs): Promise<Waiting[]> {
  const rows = await tx.query<WaitingRow & { [column: string]: unknown }>(
    `select d.org_id as "orgId", d.id, d.incident_id as "incidentId", d.step, d.destination, d.channel, i.opened_at as "openedAt",
       i.resolved_at as "resolvedAt", d.notification
     from delivery d join incident i on i.org_id = d.org_id and i.id = d.incident_id
     where d.org_id = $1 and d.destination = $2 and d.status = 'digest' and d.due_at <= $3 order by d.id for update of d`,
    [orgId, destination, new Date(now)],
  );
  return rows.map((row) => ({ ...row, openedAt: row.openedAt.getTime(), severity: row.notification.severity }));
}

/**
 * What was silenced meanwhile comes back by itself; what is over is told as over, unless it is silenced. What falls into the night waits in the
 * digest for the morning: it would be given to the next digest again and again, or be told to nobody when it is over.
 */
async function wanted(tx: Queryable, rows: readonly Waiting[], rules: AdmissionRules, now: EpochMs): Promise<Waiting[]> {
  const kept: Waiting[] = [];
  const heldBack = new Set<number>();
  for (const row of rows) {
    const delivery: ClaimedDelivery = {
      ...row,
      incidentOpenedAt: row.openedAt,
      createdAt: now,
      rota: null,
      claimedBy: '',
      attempts: 0,
      mayHaveCome: false,
      correlationId: null,
    };
    const withheld = await whyLeftOut(tx, { ...delivery, resolvedAt: row.resolvedAt }, { rules, heldBack }, now);
    if (withheld === null || withheld.reason === 'acknowledged') {
      kept.push(row);
      continue;
    }
    heldBack.add(row.incidentId);
    if (withheld.reason === 'outside-working-hours' && withheld.until !== null)
      await tx.query('update delivery set due_at = $3 where org_id = $1 and id = $2', [
        row.orgId,
        row.id,
        new Date(withheld.until),
      ]);
    else await withhold(tx, { ...row, claimedBy: null }, withheld, now);
  }
  return kept;
}

function whyLeftOut(
  tx: Queryable,
  delivery: ClaimedDelivery & Pick<Waiting, 'resolvedAt'>,
  { rules, heldBack }: { readonly rules: AdmissionRules; readonly heldBack: ReadonlySet<number> },
  now: EpochMs,
): Promise<Withheld | null> {
  const isEnd = delivery.notification.reason === 'recovered';
  // What a recovery ends may wait for this same digest.
  if (isEnd && !heldBack.has(delivery.incidentId)) return Promise.resolve(null);
  return isEnd || delivery.resolvedAt === null ? whyWithheld(tx, delivery, rules, now) : whyHeldNow(tx, delivery, rules, now);
}

/** A digest is an incident of its own that is over at once: it has one notice, and no thread that it could disturb. */
async function store(
  tx: Queryable,
  place: Place & { readonly channel: string },
  rows: readonly Waiting[],
  now: EpochMs,
): Promise<void> {
  const lines = digestLines(rows);
  const at = new Date(now);
  const severity = worst(lines.map((line) => line.severity));
  const title = titleOf(lines);
  const [digest] = await tx.query<{ id: number }>(
    `insert into incident (org_id, kind, group_key, title, severity, opened_at, resolved_at, notified_severity, notified_at, step)
     values ($1, 'digest', $2, $3, $4, $5, $5, $4, $5, 1) returning id`,
    [place.orgId, `digest:${place.destination}`, title, severity, at],
  );
  const [newest] = lines;
  if (digest === undefined || newest === undefined) return;
  const notification: Notification = {
    ...newest.newest.notification,
    incidentId: digest.id,
    step: 1,
    reason: 'digest',
    severity,
    title,
    openedAt: now,
    at: now,
    siteCount: lines.length,
    sites: lines.slice(0, MOST_LINES).map(lineOf),
    metrics: [],
    ackUrl: null,
    runbookUrl: null,
  };
  const [delivery] = await tx.query<{ id: number }>(
    `insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification, admitted_at)
     values ($1, $2, 1, $3, $4, 'digest', 'due', $5, $5, $6, $5) returning id`,
    [place.orgId, digest.id, place.destination, place.channel, at, JSON.stringify(notification)],
  );
  await tx.query(`update delivery set status = 'digested', digest_id = $3 where org_id = $1 and id = any($2)`, [
    place.orgId,
    rows.map(({ id }) => id),
    delivery?.id ?? null,
  ]);
}

/** Incidents kept in a digest; the rest is counted. */
const MOST_LINES = 200;

function titleOf(lines: readonly DigestLine<Waiting>[]): string {
  const over = lines.filter(({ newest }) => endOf(newest) !== null).length;
  const open = lines.length - over;
  const parts = [...(open > 0 ? [`${open} open`] : []), ...(over > 0 ? [`${over} over`] : [])];
  return `Digest of ${lines.length} ${lines.length === 1 ? 'incident' : 'incidents'}: ${parts.join(', ')}`;
}

/** News of a notice that was lost waits for somebody to look, although its own incident ends at once. */
const endOf = ({ resolvedAt, notification }: Waiting): EpochMs | null =>
  notification.reason === 'undelivered'
    ? null
    : (resolvedAt?.getTime() ?? (notification.reason === 'recovered' ? notification.at : null));

function lineOf({ newest, severity }: DigestLine<Waiting>): NotifiedSite {
  const { notification } = newest;
  const where = notification.sites
    .slice(0, LINES_PER_INCIDENT - 1)
    .map(({ name, what }) => plain(`${name}: ${what.slice(0, 3).join('; ')}`, 200));
  return {
    name: notification.title,
    severity,
    since: newest.openedAt,
    resolvedAt: endOf(newest),
    isNew: true,
    what: [reasonText(notification.reason), ...where],
  };
}
