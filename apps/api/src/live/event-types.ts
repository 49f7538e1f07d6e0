import { type Example, nullOr, orNull, plain, schemaOf, type Json } from '../http/answers.js';

interface EventType {
  readonly about: string;
  /** The rest of the event, by example. */
  readonly facts: Readonly<Record<string, Example>>;
}

const ALERT_FACTS = {
  rule: 'circuit-down',
  status: 'firing',
  from_status: orNull('pending'),
  severity: 'major',
  reason: 'breach-lasted',
  suppressed_by: nullOr('site-down'),
};
const INCIDENT_FACTS = {
  title: 'Alder Street: circuit main down',
  severity: 'major',
  status: 'open',
  acked_by: nullOr('user:noc@example.com'),
  cause_kind: nullOr('carrier'),
  cause_name: nullOr('Example Telecom'),
  folded_into: nullOr(4),
  is_held: false,
  sites: 1,
};
const POLL_FACTS = { kind: 'wan-ports', failure_code: nullOr('MIST_UNANSWERED'), failures: 0 };

/** Every type of event, with what it tells. */
export const EVENT_TYPES = {
  'alert.pending': { about: 'Something is bad; the rule waits whether it lasts.', facts: ALERT_FACTS },
  'alert.opened': { about: 'An alert fires.', facts: ALERT_FACTS },
  'alert.acknowledged': { about: 'Somebody took it.', facts: ALERT_FACTS },
  'alert.changed': {
    about: 'Its severity is another, it flaps, another alert holds it back or does so no longer: see `reason`.',
    facts: ALERT_FACTS,
  },
  'alert.resolved': { about: 'It is over, or did not last.', facts: ALERT_FACTS },
  'incident.opened': { about: 'Alerts that are told together.', facts: INCIDENT_FACTS },
  'incident.acknowledged': { about: 'Somebody took it.', facts: INCIDENT_FACTS },
  'incident.changed': { about: 'Title, severity, cause, who took it, or whether people may be told.', facts: INCIDENT_FACTS },
  'incident.resolved': { about: 'It is over, or goes on inside `folded_into`.', facts: INCIDENT_FACTS },
  'circuit.state': { about: 'A circuit went up or down.', facts: { state: 'down', from_state: orNull('up') } },
  'site.status': { about: 'The status of a site is another.', facts: { status: 'UNHEALTHY', from_status: 'HEALTHY' } },
  'facts.closed': {
    about: 'Every circuit has its figures of these hours.',
    facts: { from: '2026-03-01T11:00:00Z', to: '2026-03-01T12:00:00Z' },
  },
  'data.changed': {
    about:
      'Figures of these UTC days are others than before: late data, imports, corrections. `to` null: names, places, bandwidths or maintenance, which may be seen in everything from `from` on.',
    facts: { from: orNull('2026-02-27T00:00:00Z'), to: orNull('2026-03-01T00:00:00Z'), revision: '1042' },
  },
  'collection.read': { about: 'A poll is stored; `at` is the time it speaks of.', facts: POLL_FACTS },
  'collection.failed': { about: 'Polls of a kind fail, for another reason than before.', facts: POLL_FACTS },
} as const satisfies Readonly<Record<string, EventType>>;
export type EventName = keyof typeof EVENT_TYPES;
export const EVENT_NAMES = Object.keys(EVENT_TYPES) as EventName[];

/** What comes before the first dot: `alert` asks for all that alerts do. */
export const EVENT_FAMILIES = [...new Set(EVENT_NAMES.map((name) => name.slice(0, name.indexOf('.'))))];

const subject = (type: string): Readonly<Record<string, Example>> => ({
  site_id: orNull('site-1'),
  circuit_id: type.startsWith('alert.') || type.startsWith('circuit.') ? orNull('020000000101:ge-0/0/0') : nullOr('text'),
  alert_id: type.startsWith('alert.') ? orNull(17) : nullOr(17),
  incident_id: type.startsWith('incident.') ? orNull(4) : nullOr(4),
});

/** An event of a type, by example. */
export const eventExample = (type: EventName): Readonly<Record<string, Json>> => {
  const example = { type, at: '2026-03-01T12:00:00Z', ...subject(type), facts: EVENT_TYPES[type].facts };
  return plain(example) as Readonly<Record<string, Json>>;
};

/** The schema of what `data` of an event holds. */
export const LIVE_EVENT_SCHEMA = {
  description: 'One line `data` of GET /v1/orgs/{org}/events. Types and fields may be added: ignore those you do not know.',
  oneOf: EVENT_NAMES.map((type) => {
    const schema = schemaOf({ at: '2026-03-01T12:00:00Z', ...subject(type), facts: EVENT_TYPES[type].facts });
    const { properties, required } = schema as { properties: object; required: readonly string[] };
    return {
      type: 'object' as const,
      description: EVENT_TYPES[type].about,
      properties: { type: { type: 'string' as const, enum: [type] }, ...properties },
      required: ['type', ...required],
    };
  }),
};
