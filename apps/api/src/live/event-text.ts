import type { LivePlace, PlacedEvent } from '@app/shared';
import { timeOf } from '../http/answers.js';

/** What a stream is to tell. Events of the organization as a whole have no site and no circuit, and pass those filters. */
export interface EventFilter {
  /** Names of types, and of families such as `alert`; `null` = all. */
  readonly types: ReadonlySet<string> | null;
  readonly site: string | null;
  readonly circuit: string | null;
}

export const ALL_EVENTS: EventFilter = { types: null, site: null, circuit: null };

const sitesOf = ({ site, sites }: PlacedEvent): readonly string[] | null => (site === null ? sites : [site]);

/** Whether a stream with this filter tells the event. */
export function isAsked(event: PlacedEvent, { types, site, circuit }: EventFilter): boolean {
  if (types !== null && !types.has(event.type) && !types.has(event.type.slice(0, event.type.indexOf('.')))) return false;
  const sites = sitesOf(event);
  if (sites === null) return true;
  if (site !== null && !sites.includes(site)) return false;
  return circuit === null || event.circuit === circuit;
}

/** An id names the place after which a stream goes on. */
export const idOf = ({ position, mark }: LivePlace): string => `${String(position)}-${mark}`;

/** The place of an id; `null` when it is none of ours. */
export function placeOf(id: string): LivePlace | null {
  const [, position, mark] = /^(\d{1,15})-([0-9a-f]{8})$/.exec(id) ?? [];
  return position === undefined || mark === undefined ? null : { position: Number(position), mark };
}

const message = (id: LivePlace, event: string | null, data: object): string =>
  `id: ${idOf(id)}\n${event === null ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;

/** An event as it goes over the wire: JSON has no line breaks, so one line holds it. */
export function eventText(event: PlacedEvent): string {
  const { type, at, site, circuit, alertId, incidentId, sites, facts } = event;
  const only = sites?.length === 1 ? (sites[0] ?? null) : null;
  return message(event, type, {
    type,
    at: timeOf(at),
    site_id: site ?? only,
    circuit_id: circuit,
    alert_id: alertId,
    incident_id: incidentId,
    facts: sites === null ? facts : { ...facts, sites: sites.length },
  });
}

/** An event for all who tell it. */
export interface ToldEvent {
  readonly event: PlacedEvent;
  /** Its text, made when the first asks for it: hundreds of streams share it. */
  readonly bytes: () => Buffer;
}

export function toldEvent(event: PlacedEvent): ToldEvent {
  let made: Buffer | null = null;
  return { event, bytes: () => (made ??= Buffer.from(eventText(event))) };
}

/** What follows is told as it happens. */
export const readyText = (head: LivePlace): string => message(head, 'ready', { type: 'ready' });

export type ResetReason = 'too-old' | 'unknown-id';
/** What came after the id is not known any more: load everything anew. */
export const resetText = (head: LivePlace, reason: ResetReason): string => message(head, 'reset', { type: 'reset', reason });

/** Shows that the stream lives, and moves on the id of those who heard of nothing, so that they need not begin anew a day later. */
export const heartbeatText = (head: LivePlace): string => `: heartbeat\nid: ${idOf(head)}\n\n`;

export const retryText = (retryMs: number): string => `retry: ${String(retryMs)}\n\n`;
export const commentText = (text: string): string => `: ${text}\n\n`;
