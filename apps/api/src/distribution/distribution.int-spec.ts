import { HOUR_MS } from '@app/domain';
import { ensurePartitions } from '@app/shared';
import { NOW, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const END = Math.floor(NOW / HOUR_MS) * HOUR_MS;
const DAY = Date.UTC(2026, 1, 28);

let fixture: ApiFixture;
let key: string;
let orgId: number;

const circuit = (portId: string, percents: readonly (number | null)[]) => ({
  mac: 'mac-alder',
  portId,
  name: portId,
  state: 'up' as const,
  hours: percents.map((utilizationPct) => (utilizationPct === null ? null : { rxBytes: 1, utilizationPct })),
});

async function get(query: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fixture.call(key, 'GET', `/v1/orgs/org-alder/distribution${query}`);
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
}

/** Buckets with circuits, by their lower border. */
const filled = async (query: string): Promise<unknown> => {
  const { body } = await get(query);
  const buckets = body['buckets'] as { from_pct: number; circuits: number }[];
  const counts = buckets.filter(({ circuits }) => circuits > 0).map(({ from_pct, circuits }) => [from_pct, circuits]);
  return { circuits: body['circuits'], no_data: body['no_data'], counts };
};

const idOf = async (portId: string): Promise<number> =>
  (await fixture.db.query<{ id: number }>('select id from circuit where org_id = $1 and port_id = $2', [orgId, portId]))[0]?.id ??
  0;

/** A stored day as the drain leaves it. */
async function storeDay(portId: string, region: string, values: readonly number[]): Promise<void> {
  const id = await idOf(portId);
  await ensurePartitions(fixture.db, 'circuit_day', [DAY]);
  await ensurePartitions(fixture.db, 'circuit_sketch', [DAY]);
  const sum = values.reduce((all, value) => all + value * HOUR_MS, 0);
  await fixture.db.query(
    `insert into circuit_day (org_id, circuit_id, start, stretch_from, stretch_to, site_id, region, facts, covered_ms, util_hours, util_weight_ms, util_sum, util_max,
       up_ms, down_ms, latency_count, latency_sum, latency_sketched, jitter_count, jitter_sum, jitter_sketched, loss_count, loss_sum, loss_sketched, above)
     select org_id, id, $3, $3, $3::timestamptz + interval '1 day', site_id, $4, 24, 0, 24, $5, $6, $7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}' from circuit where org_id = $1 and id = $2`,
    [orgId, id, new Date(DAY), region, values.length * HOUR_MS, sum, Math.max(...values)],
  );
  await fixture.db.query(
    `insert into circuit_sketch (org_id, grain, circuit_id, start, stretch_from, util_values) values ($1, 'day', $2, $3, $3, $4)`,
    [orgId, id, new Date(DAY), values],
  );
}

beforeAll(async () => {
  fixture = await startApi();
  const busy = { ...taggedSite('alder'), circuits: [circuit('a', [20, 95]), circuit('b', [100, 5]), circuit('c', [10, null])] };
  const calm = { ...taggedSite('calm'), region: 'Region calm', circuits: [circuit('d', [150, 120]), circuit('e', [])] };
  ({ orgId } = await seedTagged(fixture.db, 'alder', [busy, calm]));
  await seedTagged(fixture.db, 'birch');
  key = await fixture.key('viewer', 'org-alder');
  await storeDay('a', 'Region alder', [10, 20, 30, 40]);
  await storeDay('d', 'Region alder', [61, 61]);
  await fixture.db.query(`insert into rollup_state (org_id, closed_until, timezone, thresholds) values ($1, $2, 'UTC', '{}')`, [
    orgId,
    new Date(DAY),
  ]);
}, 60_000);
afterAll(() => fixture.close());

it('counts the circuits of the newest closed hour by how busy they are', async () => {
  const { status, body } = await get('');
  expect(status).toBe(200);
  expect(body).toMatchObject({ from: '2026-03-01T11:00:00Z', to: '2026-03-01T12:00:00Z', circuits: 5, no_data: 2 });
  expect(body['buckets']).toHaveLength(11);
  expect(await filled('')).toEqual({
    circuits: 5,
    no_data: 2,
    counts: [
      [0, 1],
      [90, 1],
      [100, 1],
    ],
  });
});

it.each([
  ['?site=site-calm', { circuits: 2, no_data: 1, counts: [[100, 1]] }],
  [
    '?region=Region%20alder',
    {
      circuits: 3,
      no_data: 1,
      counts: [
        [0, 1],
        [90, 1],
      ],
    },
  ],
  ['?region=nowhere', { circuits: 0, no_data: 0, counts: [] }],
  ['?site=site-birch', { circuits: 0, no_data: 0, counts: [] }],
])('filters %s', async (query, expected) => {
  expect(await filled(query)).toEqual(expected);
});

const HOURS = 'from=2026-03-01T10:00:00Z';
it.each([
  [
    `?${HOURS}`,
    {
      circuits: 5,
      no_data: 1,
      counts: [
        [10, 1],
        [90, 2],
        [100, 1],
      ],
    },
  ],
  [
    `?${HOURS}&by=avg`,
    {
      circuits: 5,
      no_data: 1,
      counts: [
        [10, 1],
        [50, 2],
        [100, 1],
      ],
    },
  ],
  [
    `?${HOURS}&by=p95`,
    {
      circuits: 5,
      no_data: 1,
      counts: [
        [10, 1],
        [90, 2],
        [100, 1],
      ],
    },
  ],
  [`?${HOURS}&site=site-calm`, { circuits: 2, no_data: 1, counts: [[100, 1]] }],
])('folds hours for %s', async (query, expected) => {
  expect(await filled(query)).toEqual(expected);
});

const STORED = 'from=2026-02-28T00:00:00Z&to=2026-03-01T00:00:00Z';
it.each([
  [
    `?${STORED}`,
    {
      circuits: 5,
      no_data: 3,
      counts: [
        [40, 1],
        [60, 1],
      ],
    },
  ],
  [
    `?${STORED}&by=avg`,
    {
      circuits: 5,
      no_data: 3,
      counts: [
        [20, 1],
        [60, 1],
      ],
    },
  ],
  [
    `?${STORED}&by=p95`,
    {
      circuits: 5,
      no_data: 3,
      counts: [
        [30, 1],
        [60, 1],
      ],
    },
  ],
  // It has moved since: what it did then belongs to the region of that time.
  [
    `?${STORED}&region=Region%20alder`,
    {
      circuits: 4,
      no_data: 2,
      counts: [
        [40, 1],
        [60, 1],
      ],
    },
  ],
  [`?${STORED}&region=Region%20calm`, { circuits: 2, no_data: 2, counts: [] }],
  // A whole day and the hours after it.
  [
    '?from=2026-02-28T00:00:00Z&to=2026-03-01T12:00:00Z',
    {
      circuits: 5,
      no_data: 1,
      counts: [
        [10, 1],
        [90, 2],
        [100, 1],
      ],
    },
  ],
])('reads stored days for %s', async (query, expected) => {
  expect(await filled(query)).toEqual(expected);
});

it('leaves disabled circuits out', async () => {
  await fixture.db.query('update circuit set disabled = true where org_id = $1 and port_id = $2', [orgId, 'd']);
  expect([await filled(''), await filled(`?${STORED}`)]).toEqual([
    {
      circuits: 4,
      no_data: 2,
      counts: [
        [0, 1],
        [90, 1],
      ],
    },
    { circuits: 4, no_data: 3, counts: [[40, 1]] },
  ]);
  await fixture.db.query('update circuit set disabled = false where org_id = $1', [orgId]);
});

it.each([
  ['?by=avg', 'invalid-request'],
  ['?from=2026-03-01T10:10:00Z&to=2026-03-01T10:20:00Z', 'invalid-request'],
  ['?from=2026-03-01T10:00:00Z&by=median', 'invalid-request'],
])('refuses %s', async (query, type) => {
  const { status, body } = await get(query);
  expect([status, body['type']]).toEqual([400, `/problems/${type}`]);
});

it('has no hour where nothing was ever measured', async () => {
  fixture.clock.set(END - 5 * HOUR_MS);
  expect((await get('')).body).toMatchObject({ from: null, to: null, circuits: 5, no_data: 5 });
  fixture.clock.set(NOW);
});
