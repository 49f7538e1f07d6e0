import type { EpochMs } from '@app/domain';
import { scrubText, type Clock, type Queryable } from '@app/shared';
import type { Channel, OutgoingDelivery } from './channel.js';
import type { Notification } from './notification.js';

export interface TestedDestination {
  readonly destination: string;
  /** What went wrong; `null` = the receiver took it. */
  readonly failure: string | null;
}

export interface TestContext {
  readonly database: Queryable;
  readonly clock: Clock;
  /** Who asked for it, for the audit log. */
  readonly actor: string;
}

/** Sends a message that says it is a test to everybody of a channel, ends again what it opened there, and notes it in the audit log. */
export async function testChannel(channel: Channel, { database, clock, actor }: TestContext): Promise<TestedDestination[]> {
  const { id, destinations } = channel.describe();
  const now = clock.now();
  const tested: TestedDestination[] = [];
  for (const destination of destinations) tested.push({ destination, failure: await failureOf(tell(channel, destination, now)) });
  await database.query(`insert into audit (at, actor, action, subject, details) values ($1, $2, 'channel.test', $3, $4)`, [
    new Date(now),
    actor,
    `channel:${id}`,
    JSON.stringify({ destinations: tested }),
  ]);
  return tested;
}

async function tell(channel: Channel, destination: string, now: EpochMs): Promise<void> {
  const opening = await channel.send(testNotice(now, 1), testDelivery(destination, now, 1));
  // A ticket or a call that nobody needs is closed again; what was only said cannot be taken back.
  if (opening.remoteId === null) return;
  const first = { step: 1, ...opening };
  await channel.send(testNotice(now, 2), { ...testDelivery(destination, now, 2), thread: { first, latest: first } });
}

const failureOf = (sending: Promise<void>): Promise<string | null> =>
  sending.then(
    () => null,
    (error: unknown) => scrubText(error instanceof Error ? error.message : String(error)),
  );

/** No incident has this number. */
const TEST_INCIDENT = 0;

const testDelivery = (destination: string, now: EpochMs, step: number): OutgoingDelivery => ({
  orgId: 0,
  incidentId: TEST_INCIDENT,
  step,
  destination,
  createdAt: now,
  incidentOpenedAt: now,
  report: null,
  thread: null,
});

const testNotice = (now: EpochMs, step: 1 | 2): Notification => ({
  orgId: 'test',
  orgName: 'mistwatch',
  incidentId: TEST_INCIDENT,
  step,
  reason: step === 1 ? 'opened' : 'recovered',
  severity: 'info',
  title: 'Test message: nothing is wrong, this channel works',
  openedAt: now,
  at: now,
  siteCount: 0,
  sites: [],
  metrics: [],
  reportUrl: null,
  alertsUrl: null,
  ackUrl: null,
  runbookUrl: null,
});
