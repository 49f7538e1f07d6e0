import type { PlacedEvent } from '@app/shared';
import { ALL_EVENTS, eventText, heartbeatText, idOf, isAsked, placeOf } from './event-text.js';
import { EVENT_NAMES, EVENT_TYPES, eventExample, LIVE_EVENT_SCHEMA } from './event-types.js';

const OPENED = {
  position: 7,
  mark: '0123abcd',
  follows: '00000000',
  type: 'alert.opened',
  at: new Date(Date.UTC(2026, 2, 1, 12)),
  site: 'site-1',
  circuit: null,
  alertId: 17,
  incidentId: null,
  sites: null,
  facts: { title: 'two\nlines' },
};
const event = (over: Partial<PlacedEvent> = {}): PlacedEvent => ({ ...OPENED, ...over });

it('reads the ids it makes, and no others', () => {
  expect(placeOf(idOf({ position: 7, mark: '0123abcd' }))).toEqual({ position: 7, mark: '0123abcd' });
  for (const id of ['', '7', '7-', '-1-0123abcd', '7-0123ABCD', '7-0123abcd\n', '1e3-0123abcd', '9'.repeat(30) + '-0123abcd'])
    expect(placeOf(id)).toBeNull();
});

it('writes an event on four lines, whatever its texts hold', () => {
  const lines = eventText(event()).split('\n');
  expect(lines).toHaveLength(5);
  expect(lines.slice(0, 2)).toEqual(['id: 7-0123abcd', 'event: alert.opened']);
  expect(JSON.parse(lines[2]?.replace('data: ', '') ?? '')).toMatchObject({
    at: '2026-03-01T12:00:00Z',
    facts: { title: 'two\nlines' },
  });
  expect(heartbeatText(event())).toBe(': heartbeat\nid: 7-0123abcd\n\n');
});

it('names the site of an incident that has one, and counts them', () => {
  const said = (sites: readonly string[]): unknown =>
    JSON.parse(/data: (.*)/.exec(eventText(event({ site: null, sites, facts: {} })))?.[1] ?? '');
  expect(said(['site-1'])).toMatchObject({ site_id: 'site-1', facts: { sites: 1 } });
  expect(said(['site-1', 'site-2'])).toMatchObject({ site_id: null, facts: { sites: 2 } });
});

it.each([
  ['nothing', {}, event(), true],
  ['its type', { types: new Set(['alert.opened']) }, event(), true],
  ['its family', { types: new Set(['alert']) }, event(), true],
  ['another type', { types: new Set(['alert.resolved', 'incident']) }, event(), false],
  ['its site', { site: 'site-1' }, event(), true],
  ['another site', { site: 'site-2' }, event(), false],
  ['a site of its incident', { site: 'site-2' }, event({ site: null, sites: ['site-1', 'site-2'] }), true],
  ['a site, of the whole organization', { site: 'site-2' }, event({ site: null }), true],
  ['its circuit', { circuit: 'a:b' }, event({ circuit: 'a:b' }), true],
  ['a circuit, of its site', { circuit: 'a:b' }, event(), false],
])('is told to who asks for %s: %p', (_what, filter, given, isTold) => {
  expect(isAsked(given, { ...ALL_EVENTS, ...filter })).toBe(isTold);
});

it('documents every type with its own example', () => {
  expect(LIVE_EVENT_SCHEMA.oneOf).toHaveLength(EVENT_NAMES.length);
  for (const name of EVENT_NAMES) expect(eventExample(name)).toMatchObject({ type: name, facts: expect.any(Object) as unknown });
  expect(EVENT_TYPES['data.changed'].about).not.toBe('');
});
