import type { EpochMs } from '@app/domain';
import { TransientError } from '@app/shared';
import type { Notification } from './notification.js';

/** A notice of the same incident that a destination took before. */
export interface AcceptedNotice {
  readonly step: number;
  readonly messageId: string;
  /** What the receiver calls it; `null` where the receiver has no name for it. */
  readonly remoteId: string | null;
}

/** What a destination took of an incident so far: later notices continue there. */
export interface NoticeThread {
  readonly first: AcceptedNotice;
  readonly latest: AcceptedNotice;
}

/** One notice on its way to one destination. */
export interface OutgoingDelivery {
  readonly orgId: number;
  readonly incidentId: number;
  readonly step: number;
  /** `<channel>:<address>`. */
  readonly destination: string;
  readonly createdAt: EpochMs;
  /** Distinguishes incidents of one number in two databases. */
  readonly incidentOpenedAt: EpochMs;
  /** The summary report; `null` when it is switched off or could not be made. */
  readonly report: { readonly fileName: string; readonly text: string } | null;
  /** `null` = this is the first notice that this destination gets of the incident. */
  readonly thread: NoticeThread | null;
}

/** The part of a destination behind the id of its channel. */
export const addressOf = ({ destination }: Pick<OutgoingDelivery, 'destination'>): string =>
  destination.slice(destination.indexOf(':') + 1);

/** Worth another try, and certain: the receiver said that it did not take the notice, or could not be reached at all. Otherwise it may have it. */
export class NotTakenError extends TransientError {}

export interface Accepted {
  /** Ours: the same for one delivery however often it is sent. */
  readonly messageId: string;
  /** Theirs: the message or ticket that the next notice of the incident updates; `null` when there is none to update. */
  readonly remoteId: string | null;
}

/** What became of a ticket on the other side. */
export interface TicketState {
  readonly isClosed: boolean;
  /** The person it is assigned to; `null` = nobody. */
  readonly assignee: string | null;
}

export interface ChannelDescription {
  readonly id: string;
  readonly name: string;
  /** Everybody this channel tells, as `<channel>:<address>`. */
  readonly destinations: readonly string[];
  readonly attachesReport: boolean;
}

/**
 * A way to reach people. `send` resolves when the receiver took the message, and throws `TransientError` (try again) or `PermanentError` (do not).
 * The same delivery sent twice carries the same id, so that the receiver can tell.
 */
export interface Channel {
  describe(): ChannelDescription;
  send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted>;
  /** How the ticket stands that `send` named as `remoteId`, so that people may take incidents there; `null` = it is gone. */
  read?(remoteId: string): Promise<TicketState | null>;
  close(): Promise<void>;
}
