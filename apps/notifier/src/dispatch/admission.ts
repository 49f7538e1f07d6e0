import { roomAt, CEILING_WINDOW_MS, type EpochMs } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import { logDecision } from './decisions.repository.js';
import { lockClaim, type ClaimedDelivery } from './deliveries.repository.js';
import { recipientsOf, type AddressBook } from './recipients.js';
import { whyWithheld, type SendingRules, type Withheld } from './withhold.js';

/** What is asked right before a notice is sent. */
export interface AdmissionRules extends SendingRules {
  readonly book: AddressBook;
  readonly perDestinationPerHour: number;
}

export type Admission = 'send' | 'withheld' | 'turn-passed' | 'waits-for-digest' | 'taken-over';

/** First key of the advisory locks under which one notifier at a time counts what a destination got. */
const CEILING_LOCK = 7_340_032;

/** Last look before a claimed delivery is sent: is it still wanted, is it still this person's turn, has the destination room? */
export function admit(database: Database, delivery: ClaimedDelivery, rules: AdmissionRules, now: EpochMs): Promise<Admission> {
  return database.transaction(async (tx) => {
    if (!(await lockClaim(tx, delivery))) return 'taken-over';
    const withheld = await whyWithheld(tx, delivery, rules, now);
    if (withheld !== null) {
      await withhold(tx, delivery, withheld, now);
      return 'withheld';
    }
    if (await hasTurnPassed(tx, delivery, rules, now)) return 'turn-passed';
    if (!(await takeRoom(tx, delivery, rules, now))) return 'waits-for-digest';
    // Until its answer is noted nobody can know whether it arrived.
    await tx.query('update delivery set may_have_come = true where org_id = $1 and id = $2', [delivery.orgId, delivery.id]);
    return 'send';
  });
}

/** The incident is judged again when what holds it back ends, and then told anew if it is still true. */
export async function withhold(
  tx: Queryable,
  {
    orgId,
    id,
    incidentId,
    step,
    destination,
    claimedBy,
  }: Pick<ClaimedDelivery, 'orgId' | 'id' | 'incidentId' | 'step' | 'destination'> & { claimedBy: string | null },
  { reason, until }: Withheld,
  now: EpochMs,
): Promise<void> {
  if (until !== null)
    await tx.query(
      `update incident set is_held = true, due_at = least(coalesce(due_at, $3::timestamptz), $3::timestamptz)
       where org_id = $1 and id = $2 and resolved_at is null`,
      [orgId, incidentId, new Date(until)],
    );
  await close(tx, { orgId, id, claimedBy }, reason);
  await logDecision(
    tx,
    { orgId, incidentId },
    { reason: `withheld-${reason}`, detail: { notice: step, to: [destination] } },
    now,
  );
}

const close = (
  tx: Queryable,
  { orgId, id, claimedBy }: { readonly orgId: number; readonly id: number; readonly claimedBy: string | null },
  reason: string,
): Promise<unknown> =>
  tx.query(
    `update delivery set status = 'withheld', withheld_reason = $4, claimed_by = null, claimed_until = null
     where org_id = $1 and id = $2 and claimed_by is not distinct from $3`,
    [orgId, id, claimedBy, reason],
  );

/** The turn passed on while the notice waited: it goes to those who have it now. */
async function hasTurnPassed(tx: Queryable, delivery: ClaimedDelivery, { book }: AdmissionRules, now: EpochMs): Promise<boolean> {
  const { orgId, id, rota, destination, incidentId } = delivery;
  if (rota === null || !book.rotas.some((known) => known.id === rota)) return false;
  const onCall = await recipientsOf(tx, book, { orgId, names: [`rota:${rota}`], now });
  if (onCall.some((recipient) => recipient.destination === destination)) return false;
  for (const { destination: to, channel } of onCall)
    await tx.query(
      `insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, notification, correlation_id, rota)
       select org_id, incident_id, step, $3, $4, reason, 'due', $5, $5, notification, correlation_id, rota from delivery where org_id = $1 and id = $2
       on conflict (org_id, incident_id, step, destination) do nothing`,
      [orgId, id, to, channel, new Date(now)],
    );
  await close(tx, delivery, 'turn-passed');
  const detail = { notice: delivery.step, from: destination, to: onCall.map((recipient) => recipient.destination), rota };
  await logDecision(tx, { orgId, incidentId }, { reason: 'turn-passed', detail }, now);
  return true;
}

/** Held until the transaction ends: two notifiers that count at once would both find room for the last one. */
export async function lockCeiling(tx: Queryable, destination: string): Promise<void> {
  await tx.query('select pg_advisory_xact_lock($1, hashtext($2))', [CEILING_LOCK, destination]);
}

/** When a destination has room for one more; `now` = it has. Every attempt counted once in an hour, whatever became of it. */
export async function roomOf(tx: Queryable, destination: string, limit: number, now: EpochMs): Promise<EpochMs> {
  const rows = await tx.query<{ at: Date }>(
    'select admitted_at as at from delivery where destination = $1 and admitted_at > $2 order by admitted_at desc limit $3',
    [destination, new Date(now - CEILING_WINDOW_MS), limit],
  );
  return roomAt(
    rows.map(({ at }) => at.getTime()),
    limit,
    now,
  );
}

/** Counts the delivery against the ceiling of its destination, or leaves it to a digest. Returns whether there is room. */
async function takeRoom(
  tx: Queryable,
  { orgId, id, claimedBy, destination }: ClaimedDelivery,
  { perDestinationPerHour }: AdmissionRules,
  now: EpochMs,
): Promise<boolean> {
  const [own] = await tx.query<{ isCounted: boolean; isDigest: boolean }>(
    `select coalesce(admitted_at > $3, false) as "isCounted", reason = 'digest' as "isDigest" from delivery where org_id = $1 and id = $2`,
    [orgId, id, new Date(now - CEILING_WINDOW_MS)],
  );
  if (own === undefined || own.isCounted || own.isDigest) return true;
  await lockCeiling(tx, destination);
  const room = await roomOf(tx, destination, perDestinationPerHour, now);
  await tx.query(
    room <= now
      ? 'update delivery set admitted_at = $4 where org_id = $1 and id = $2 and claimed_by = $3'
      : `update delivery set status = 'digest', due_at = $4, claimed_by = null, claimed_until = null where org_id = $1 and id = $2 and claimed_by = $3`,
    [orgId, id, claimedBy, new Date(Math.max(room, now))],
  );
  return room <= now;
}
