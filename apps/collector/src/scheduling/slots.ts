import { createHash } from 'node:crypto';
import { COLLECT_KINDS, type CollectKind } from '@app/shared';

/** When a kind of an org is due: every interval, at its own phase, counted from the epoch. */
export interface Cadence {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** Scores before their detail, within one interval: detail follows what the scores say. */
const DETAIL_DELAY_MS = 60_000;

/** Spreads orgs over the interval, the same on every machine and after every start. */
export function cadenceOf(orgId: string, kind: CollectKind, everyMs: number): Cadence {
  const key = kind === 'sle-detail' ? 'sle-wifi' : kind;
  const phase = createHash('sha256').update(`${orgId} ${key}`).digest().readUInt32BE(0) % everyMs;
  return { everyMs, offsetMs: (kind === 'sle-detail' ? phase + DETAIL_DELAY_MS : phase) % everyMs };
}

/** The instant at which the slot that holds `now` began. */
export function slotStart(now: number, { everyMs, offsetMs }: Cadence): number {
  return Math.floor((now - offsetMs) / everyMs) * everyMs + offsetMs;
}

const PREFIX = 'collect';
export const RECONCILE_ID = `${PREFIX}.reconcile`;

export const scheduleId = (orgId: string, kind: CollectKind): string =>
  `${PREFIX}.${Buffer.from(orgId).toString('base64url')}.${kind}`;

/** Whether a schedule is one of the collector's polls. */
export const isPollSchedule = (id: string): boolean =>
  id.startsWith(`${PREFIX}.`) && COLLECT_KINDS.some((kind) => id.endsWith(`.${kind}`));
