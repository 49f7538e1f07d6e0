import type { TicketState } from '../channels/channel.js';

export interface Taken {
  /** `null` = the ticket does not say who. */
  readonly by: string | null;
  readonly how: 'closed' | 'assigned';
}

/**
 * Whether somebody took a ticket since it was read before; `null` = nobody did. Whom it belonged to when it was read for the first time was settled by the
 * ticket system, not by a person.
 */
export function takenBy(before: TicketState | null, { assignee, isClosed }: TicketState): Taken | null {
  if (isClosed && before?.isClosed !== true) return { by: assignee, how: 'closed' };
  if (before === null || assignee === null || assignee === before.assignee) return null;
  return { by: assignee, how: 'assigned' };
}
