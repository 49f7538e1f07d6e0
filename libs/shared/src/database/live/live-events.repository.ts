import type { Database, Queryable, Row } from '../database.js';

/** Names the place of an event in the order of its org; `mark` tells it from the same place in another life of the database. */
export interface LivePlace {
  readonly position: number;
  readonly mark: string;
}

/** Something that changed, with the ids that people know. */
export interface LiveEvent {
  readonly type: string;
  readonly at: Date;
  readonly site: string | null;
  readonly circuit: string | null;
  readonly alertId: number | null;
  readonly incidentId: number | null;
  /** Sites of an incident; `null` for everything else. */
  readonly sites: readonly string[] | null;
  readonly facts: Readonly<Record<string, unknown>>;
}
/** `follows` is the mark of the place before it. */
export type PlacedEvent = LiveEvent & LivePlace & { readonly follows: string };

const COLUMNS = `position, mark, follows, type, at, site, circuit, alert_id as "alertId", incident_id as "incidentId", sites, facts`;

/** Gives places to what was committed, and returns the newest one. */
export async function liveHead(db: Queryable, orgId: number): Promise<LivePlace> {
  for (;;) {
    await db.query('select sequence_live_events($1)', [orgId]);
    const [head] = await db.query<LivePlace & Row & { isBehind: boolean }>(
      `select position, mark, exists (select 1 from live_event where org_id = $1 and position is null) as "isBehind"
       from live_head where org_id = $1`,
      [orgId],
    );
    // Many that wait get their places some at a time.
    if (head !== undefined && !head.isBehind) return { position: head.position, mark: head.mark };
  }
}

/** Events after a place, in their order. */
export const liveEventsAfter = (db: Queryable, orgId: number, position: number, limit: number): Promise<PlacedEvent[]> =>
  db.query<PlacedEvent & Row>(
    `select ${COLUMNS} from live_event where org_id = $1 and position > $2 order by position limit $3`,
    [orgId, position, limit],
  );

/** Whether these are what comes next after a place. A number alone does not tell: the database may have been put back, and others are at its places now. */
export const followOn = ([next]: readonly PlacedEvent[], { position, mark }: LivePlace): boolean =>
  next?.position === position + 1 && next.follows === mark;

/** Whether everything after a place is still there: it is the newest one, or the next event follows it. */
export async function canResume(db: Queryable, orgId: number, { position, mark }: LivePlace): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(
    `select exists (select 1 from live_head where org_id = $1 and position = $2 and mark = $3)
       or exists (select 1 from live_event where org_id = $1 and position = $2::bigint + 1 and follows = $3) as found`,
    [orgId, position, mark],
  );
  return row?.found ?? false;
}

/** Writes events down, in the transaction of what they tell. */
export async function addLiveEvents(
  tx: Queryable,
  orgId: number,
  events: readonly Pick<LiveEvent, 'type' | 'at' | 'site' | 'facts'>[],
) {
  if (events.length === 0) return;
  await tx.query(
    `insert into live_event (org_id, at, type, site, facts)
     select $1, r.at, r.type, r.site, r.facts from json_to_recordset($2::json) as r (at timestamptz, type text, site text, facts json)`,
    [orgId, JSON.stringify(events)],
  );
}

/** How long an event is there to be resumed from, at least. */
export const LIVE_EVENTS_KEPT_HOURS = 24;
const OLD = `now() - interval '${String(LIVE_EVENTS_KEPT_HOURS)} hours'`;

/**
 * Drops events that were there long enough: always the oldest places, so that none is missing between two. What nobody gave a place in all that time was told to
 * nobody; then the newest place gets another mark, for who comes back to it has missed something. Returns how many.
 */
export async function pruneLiveEvents(database: Database): Promise<number> {
  const orgs = await database.query<{ id: number }>('select distinct org_id as id from live_event order by 1');
  let rows = 0;
  for (const { id } of orgs) {
    rows += await database.transaction(async (tx) => {
      await tx.query('select 1 from live_head where org_id = $1 for update', [id]);
      const old = await tx.query(
        `delete from live_event where org_id = $1 and position <= (select max(position) from live_event where org_id = $1 and sequenced_at < ${OLD}) returning 1 as one`,
        [id],
      );
      const untold = await tx.query(
        `delete from live_event where org_id = $1 and position is null and written_at < ${OLD} returning 1 as one`,
        [id],
      );
      if (untold.length > 0) await tx.query('update live_head set mark = live_mark() where org_id = $1', [id]);
      return old.length + untold.length;
    });
  }
  return rows;
}
