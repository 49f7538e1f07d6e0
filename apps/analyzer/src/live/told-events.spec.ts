import { eventsOf, namesOf } from './told-events.js';

const NOW = Date.UTC(2026, 2, 1, 12, 1);
const told = (...moved: readonly (readonly [string, string | null, string])[]) =>
  eventsOf(
    moved.map(([name, was, value]) => ({ name, was, value })),
    NOW,
  ).map(({ type, site, facts }) => [type, site, ...Object.values(facts)]);

it('names what is true', () => {
  const closedUntil = new Date(Date.UTC(2026, 2, 1, 12));
  const sites = [{ id: 'site-1', status: 'HEALTHY' }];
  const revisions = [{ name: 'day:2026-03-01', changes: 3 }];
  expect([...namesOf({ sites, closedUntil, toldUntil: null, revisions })]).toEqual([
    ['site:site-1', 'HEALTHY'],
    ['facts', '2026-03-01T12:00:00.000Z'],
    ['day:2026-03-01', '3'],
  ]);
  expect(namesOf({ sites: [], closedUntil: null, toldUntil: null, revisions: [] }).size).toBe(0);
});

it('tells sites whose status is another, and not those that are new', () => {
  expect(told(['site:a:b', 'HEALTHY', 'CRITICAL'], ['site:new', null, 'HEALTHY'])).toEqual([
    ['site.status', 'a:b', 'CRITICAL', 'HEALTHY'],
  ]);
});

it('tells hours that closed, and none twice when a circuit with older ones comes back', () => {
  const [ten, noon] = ['2026-03-01T10:00:00.000Z', '2026-03-01T12:00:00.000Z'];
  expect(told(['facts', ten, noon])).toEqual([['facts.closed', null, '2026-03-01T10:00:00Z', '2026-03-01T12:00:00Z']]);
  expect(told(['facts', null, ten])).toEqual([]);
  const named = (closedUntil: string | null, toldUntil: string | null) => [
    ...namesOf({
      sites: [],
      closedUntil: closedUntil === null ? null : new Date(closedUntil),
      toldUntil,
      revisions: [],
    }).values(),
  ];
  expect([named(ten, noon), named(null, noon), named(noon, ten), named(ten, null)]).toEqual([[noon], [noon], [noon], [ten]]);
});

it('tells neighbouring days as one stretch, and what holds for every day without an end', () => {
  expect(
    told(
      ['all:', '4', '5'],
      ['all:2026-02-03T04:05:06.000Z', null, '1'],
      ['day:2026-02-27', '1', '2'],
      ['day:2026-02-28', null, '3'],
      ['day:2026-03-02', '1', '4'],
    ),
  ).toEqual([
    ['data.changed', null, '2026-02-27T00:00:00Z', '2026-03-01T00:00:00Z', '5'],
    ['data.changed', null, '2026-03-02T00:00:00Z', '2026-03-03T00:00:00Z', '4'],
    ['data.changed', null, null, null, '5'],
    ['data.changed', null, '2026-02-03T04:05:06Z', null, '1'],
  ]);
});
