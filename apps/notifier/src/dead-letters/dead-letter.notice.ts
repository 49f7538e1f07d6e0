import type { EpochMs } from '@app/domain';
import { durationText, plain, reasonText } from '../channels/notice.format.js';
import type { NotifiedSite, Notification } from '../channels/notification.js';
import type { ClaimedDelivery } from '../dispatch/deliveries.repository.js';

/** What was given up, and what the receiver said last. */
export interface DeadLetter {
  readonly delivery: ClaimedDelivery;
  readonly answer: string;
}

/** What others are told of a notice that never arrived: who did not get it and why, then what it said. */
export function deadLetterNotice({ delivery, answer }: DeadLetter, incidentId: number, now: EpochMs): Notification {
  const { notification, destination, attempts, createdAt } = delivery;
  const { severity, title, reason, sites } = notification;
  const tries = attempts + 1;
  const receiver: NotifiedSite = {
    name: destination,
    severity,
    since: createdAt,
    resolvedAt: null,
    isNew: true,
    what: [
      `Did not take notice ${notification.step} of incident ${delivery.incidentId} in ${tries} ${tries === 1 ? 'attempt' : 'attempts'} within ${durationText(now - createdAt)}`,
      `Last answer: ${plain(answer, 140)}`,
      `What it said: ${reasonText(reason)}`,
    ],
  };
  return {
    ...notification,
    incidentId,
    step: 1,
    reason: 'undelivered',
    title: `${plain(destination, 60)} was not told: ${title}`,
    openedAt: createdAt,
    at: now,
    sites: [receiver, ...sites],
    metrics: [],
    ackUrl: null,
  };
}
