import fc from 'fast-check';
import { connectionStretches, oneReadingPerInstant, type ConnectionReading, type ConnectionStretch } from './reachability.js';
import { remadeStretches } from './stretches.js';

const GAP = 60;

/** Stores readings page by page, as the analyzer does: looking at the neighbours of each page and no further. */
function storedPageByPage(pages: readonly (readonly ConnectionReading[])[]): ConnectionStretch[] {
  let [known, stored]: [ConnectionReading[], ConnectionStretch[]] = [[], []];
  for (const page of pages) {
    if (page.length === 0) continue;
    const times = page.map(({ at }) => at);
    const [lo, hi] = [Math.min(...times), Math.max(...times)];
    known = oneReadingPerInstant([...known, ...page]);
    const before = known.findLast(({ at }) => at < lo);
    const after = known.find(({ at }) => at > hi);
    const readings = known.filter(({ at }) => at >= (before?.at ?? lo) && at <= (after?.at ?? hi));
    const [from, to] = [readings[0]?.at ?? 0, readings.at(-1)?.at ?? 0];
    const touched = stored.filter((stretch) => stretch.from <= to && stretch.to >= from);
    const rest = stored.filter((stretch) => !touched.includes(stretch));
    stored = [...rest, ...remadeStretches({ readings, stored: touched, siteId: 1 }, GAP)].sort((a, b) => a.from - b.from);
  }
  return stored;
}

it('gives the same stretches page by page, in any order, as from all readings at once', () => {
  const reading = fc.record({ at: fc.nat(600), connected: fc.boolean(), siteId: fc.constant(1) });
  const pages = fc.array(fc.array(reading, { maxLength: 6 }), { maxLength: 12 });
  fc.assert(
    fc.property(pages, (given) => {
      expect(storedPageByPage(given)).toEqual(connectionStretches(given.flat(), GAP));
    }),
    { numRuns: 500 },
  );
});

it('leaves readings before a move at the site where they were made', () => {
  const stored = [{ from: 0, to: 50, connected: true, siteId: 1 }];
  const readings = [
    { at: 50, connected: true },
    { at: 60, connected: true },
  ];
  expect(remadeStretches({ readings, stored, siteId: 2 }, GAP)).toEqual([
    { from: 0, to: 60, connected: true, siteId: 1 },
    { from: 60, to: 60, connected: true, siteId: 2 },
  ]);
});
