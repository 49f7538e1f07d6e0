import type { EpochMs } from '@app/domain';
import type { Notification } from './notification.js';

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
}

export interface Accepted {
  readonly messageId: string;
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
  close(): Promise<void>;
}
