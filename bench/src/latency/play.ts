import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Database } from '@app/shared';
import { waitFor, type SmtpSink } from '@app/testing';
import { seeded } from '../chaos/random.js';
import { mustBe } from '../rig.js';
import type { FleetGateway } from './fleet.js';
import { postUpDown, type HookTarget } from './hooks.js';

/**
 * Between two events, at random: so that they meet sweeps and wake-ups at all phases. Not so close together that several are told as one: many at once
 * are measured by the storm.
 */
const PAUSE_MS = { least: 300, most: 900 };
const SEED = 7;
/** A site is back this many events after its own, which is long after it was told; few fall at once, as single events have it. */
const BACK_AFTER = 10;

export interface PlayParts {
  readonly clock: Clock;
  readonly database: Database;
  readonly sink: SmtpSink;
  readonly target: HookTarget;
}

/** The way of one event, in milliseconds. */
export interface EventTimes {
  /** From its delivery by Mist to its mail. */
  readonly allMs: number;
  /** As the database tells it: stored to taken out of the inbox, to taken out of the outbox, to decided, to sent. */
  readonly stagesMs: readonly number[];
}

/** Each gateway leaves the cloud, one after the other, and is back a little later. */
export async function playEvents(parts: PlayParts, gateways: readonly FleetGateway[]): Promise<EventTimes[]> {
  const { clock, sink, target } = parts;
  const from = sink.mails.length;
  const random = seeded(SEED);
  const posted = new Map<string, number>();
  for (let i = 0; i < gateways.length + BACK_AFTER; i++) {
    await delay(PAUSE_MS.least + random() * (PAUSE_MS.most - PAUSE_MS.least));
    const [leaving, coming] = [gateways[i], gateways[i - BACK_AFTER]];
    if (coming !== undefined) await postUpDown(target, coming, { isUp: true, at: clock.now() });
    if (leaving !== undefined) posted.set(leaving.siteId, await postUpDown(target, leaving, { isUp: false, at: clock.now() }));
  }
  await untilQuiet(parts);
  return (await mailsOf(parts, from)).map(({ siteId, takenAt, times }) => ({
    allMs: takenAt - (posted.get(siteId) ?? Number.NaN),
    stagesMs: times.slice(1).map((at, i) => at - (times[i] ?? Number.NaN)),
  }));
}

/** Until everything that was posted has been told, and is over. */
async function untilQuiet({ database }: PlayParts): Promise<void> {
  let waiting: Readonly<Record<string, unknown>> = {};
  const isQuiet = async (): Promise<boolean> => {
    [waiting = {}] = await database.query(
      `select (select count(*) from inbox where state = 'received') as inbox,
         (select count(*) from alert where status <> 'resolved' and rule = 'site-down') as alerts,
         (select count(*) from outbox where taken_at is null) as outbox,
         (select count(*) from incident where resolved_at is null) as incidents,
         (select count(*) from delivery where status = 'due') as deliveries`,
    );
    return Object.values(waiting).every((count) => count === 0);
  };
  await waitFor(isQuiet, { timeoutMs: 60_000, describe: () => `the end of ${JSON.stringify(waiting)}` });
}

interface SiteMail {
  readonly siteId: string;
  readonly takenAt: number;
  readonly times: readonly number[];
}

/** The first notice of each site, found by the id of its message. A site told twice, or together with another one, is a wrong result. */
async function mailsOf({ database, sink }: PlayParts, from: number): Promise<SiteMail[]> {
  const takenAt = new Map(sink.mails.slice(from).map((mail) => [mail.messageId ?? '', mail.takenAt]));
  const rows = await database.query<{ siteId: string; messageId: string; times: Date[] }>(
    `select s.external_id as "siteId", d.message_id as "messageId", array[i.received_at, i.processed_at, o.taken_at, d.created_at, d.sent_at] as times
     from delivery d join incident_alert ia on ia.org_id = d.org_id and ia.incident_id = d.incident_id
     join alert a on a.org_id = ia.org_id and a.id = ia.alert_id join site s on s.org_id = a.org_id and s.id = a.site_id
     join lateral (select * from outbox o where o.org_id = a.org_id and o.alert_id = a.id order by o.id limit 1) o on true
     join inbox i on i.org_id = o.org_id and i.correlation_id = o.correlation_id
     where a.rule = 'site-down' and d.reason = 'opened' and d.message_id = any($1) order by d.id`,
    [[...takenAt.keys()]],
  );
  mustBe('sites that were told once', new Set(rows.map(({ siteId }) => siteId)).size, rows.length);
  mustBe('mails of single sites', new Set(rows.map(({ messageId }) => messageId)).size, rows.length);
  return rows.map(({ siteId, messageId, times }) => ({
    siteId,
    takenAt: takenAt.get(messageId) ?? Number.NaN,
    times: times.map((at) => at.getTime()),
  }));
}
