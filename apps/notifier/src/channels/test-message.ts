import type { EpochMs } from '@app/domain';
import { scrubText } from '@app/shared';
import type { Channel, OutgoingDelivery } from './channel.js';
import type { Notification } from './notification.js';

export interface TestedDestination {
  readonly destination: string;
  /** What went wrong; `null` = the receiver took it. */
  readonly failure: string | null;
}

/** Sends a message that says it is a test to everybody of a channel, and ends again what it opened there. */
export async function testChannel(channel: Channel, now: EpochMs): Promise<TestedDestination[]> {
  const { destinations } = channel.describe();
  const tested: TestedDestination[] = [];
  for (const destination of destinations) tested.push({ destination, failure: await failureOf(tell(channel, destination, now)) });
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
