import { readFileSync } from 'node:fs';
import { HOUR_MS, percentileCont } from '@app/domain';
import { DrilldownWorld } from './drilldown-world.js';

type Ranked = [number, string, number, string];
interface Golden {
  readonly utilization_rows: [string, string, string, number][];
  readonly status_rows: [string, string, string, number, number, number][];
  readonly daily_max: [string, string, number | null][];
  readonly top3_utilization: Ranked[];
  readonly worst3_availability: Ranked[];
  readonly top3_flaps: Ranked[];
  readonly chronic: Ranked[];
}
interface Item {
  readonly rank: number;
  readonly id: string;
  readonly value: number;
  readonly days: number;
  readonly severity: string;
  readonly p95_coverage_pct?: number;
}
interface Ranking {
  readonly items: Item[];
  readonly ranked: number;
  readonly left_out: { readonly disabled: number; readonly without_data: number; readonly without_p95: number };
}

const golden = JSON.parse(
  readFileSync(new URL('../../libs/domain/test-fixtures/golden/rankings.json', import.meta.url), 'utf8'),
) as Golden;
const WORDS: Readonly<Record<string, string>> = { high: 'major', critical: 'critical', warning: 'warning' };
const wanted = (rows: readonly Ranked[]): Ranked[] =>
  rows.map(([rank, id, value, word]) => [rank, `${id}:wan`, value, WORDS[word] ?? word]);
const hourOfStamp = (stamp: string): string =>
  `${stamp.slice(0, 4)}-${stamp.slice(4, 6)}-${stamp.slice(6, 8)}T${stamp.slice(8, 10) || '12'}:00:00Z`;
const rxOf = (pct: number): number => Math.round(pct * 450_000_000);

describe('golden rankings', () => {
  let world: DrilldownWorld;

  beforeAll(async () => {
    world = await DrilldownWorld.start('UTC', true);
    const circuits = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'];
    await world.import('sites', ['site_id,name', ...circuits.map((_, i) => `s${String(i)},Site ${String(i)}`)]);
    await world.import('circuits', [
      'site_id,mac,port_id,bandwidth_down_mbps',
      ...circuits.map((mac, i) => `s${String(i)},${mac},wan,100`),
    ]);
    const status = new Map(
      golden.status_rows.map(([, circuit, hour, up, down, flaps]) => [`${circuit} ${hour}`, { up, down, flaps }]),
    );
    await world.import('circuit-hours', [
      'hour,site_id,mac,port_id,rx_bytes,tx_bytes,up_minutes,down_minutes,flaps',
      ...golden.utilization_rows.map(([site, circuit, hour, pct]) => {
        const { up, down, flaps } = status.get(`${circuit} ${hour}`) ?? { up: 0, down: 0, flaps: 0 };
        return `${hourOfStamp(hour)},${site},${circuit},wan,${String(rxOf(pct))},0,${String(up)},${String(down)},${String(flaps)}`;
      }),
      ...golden.daily_max.flatMap(([circuit, day, pct]) =>
        pct === null ? [] : [`${hourOfStamp(day)},s${circuit.slice(1)},${circuit},wan,${String(rxOf(pct))},0,60,0,0`],
      ),
    ]);
    await world.drain();
  }, 60_000);
  afterAll(() => world.stop());

  const DAY = 'from=2026-01-26T00:00:00Z&to=2026-01-27T00:00:00Z';
  it.each([
    ['utilization', 'top3_utilization', DAY],
    ['availability', 'worst3_availability', DAY],
    ['flaps', 'top3_flaps', DAY],
    // The same from the hours alone, as the period ends inside a day.
    ['utilization', 'top3_utilization', 'from=2026-01-26T00:00:00Z&to=2026-01-26T04:00:00Z'],
    ['availability', 'worst3_availability', 'from=2026-01-25T20:30:00Z&to=2026-01-26T04:00:00Z'],
  ] as const)('%s', async (by, rows, period) => {
    const { items } = await world.get<Ranking>(`/rankings?by=${by}&top=3&${period}`);
    expect(items.map(({ rank, id, value, severity }) => [rank, id, Math.round(value * 1e6) / 1e6, severity])).toEqual(
      wanted(golden[rows]),
    );
  });

  it('chronic offenders', async () => {
    const { items } = await world.get<Ranking>('/offenders?by=utilization&from=2026-01-20T00:00:00Z&to=2026-01-25T00:00:00Z');
    expect(items.map(({ rank, id, days, severity }) => [rank, id, days, severity])).toEqual(wanted(golden.chronic));
  });

  it('leaves disabled circuits out, and those without figures', async () => {
    await world.database.query(`update circuit set disabled = true where mac = 'c4'`);
    const { items, left_out: leftOut } = await world.get<Ranking>(`/rankings?by=utilization&top=2&${DAY}`);
    expect(items.map(({ id }) => id)).toEqual(['c1:wan', 'c0:wan']);
    expect(leftOut.disabled).toBe(1);
    const latency = await world.get<Ranking>(`/rankings?by=latency&stat=avg&${DAY}`);
    expect([latency.items, latency.ranked, latency.left_out.without_data]).toEqual([[], 0, 5]);
    await world.database.query(`update circuit set disabled = false where mac = 'c4'`);
  });

  it.each([
    'by=nothing',
    'by=flaps&stat=avg',
    'by=utilization&stat=p95',
    'by=loss&period=14m',
    'by=loss&period=0d',
    'by=loss&period=7d&from=2026-01-01T00:00:00Z',
    'by=loss&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
    'by=loss&top=0',
    'of=circuits',
  ])('refuses %s', async (query) => {
    expect(await world.status(`/rankings?${query}`)).toBe(400);
  });

  it('knows nothing of a site that is not there', async () => {
    expect(await world.status('/rankings?by=loss&site=none')).toBe(404);
  });
});

describe('rankings by p95', () => {
  let world: DrilldownWorld;
  const START = Date.UTC(2026, 3, 16, 3);
  const STEP_MS = 5 * 60_000;
  const SAMPLES = 600;
  /** Milliseconds of the i-th sample: circuits with rare spikes of different width. */
  const latencyOf = (circuit: number, i: number): number =>
    i % 40 <= circuit ? 200 + circuit * 10 + (i % 7) : 20 + circuit + (i % 11);

  beforeAll(async () => {
    world = await DrilldownWorld.start('UTC', true);
    await world.import('sites', [
      'site_id,name,region',
      ...[0, 1, 2, 3].map((i) => `s${String(i)},S${String(i)},${i < 2 ? 'North' : 'South'}`),
    ]);
    await world.import('port-samples', [
      'timestamp,site_id,mac,port_id,up,latency_ms',
      ...[0, 1, 2, 3].flatMap((circuit) =>
        Array.from(
          { length: SAMPLES },
          (_, i) =>
            `${new Date(START + i * STEP_MS).toISOString()},s${String(circuit)},m${String(circuit)},wan,true,${String(latencyOf(circuit, i))}`,
        ),
      ),
    ]);
    await world.import('circuit-hours', [
      'hour,site_id,mac,port_id,up_minutes,latency_avg,latency_max,latency_p95,latency_count',
      ...[0, 1, 2].map((i) => `${new Date(START + (4 + i) * HOUR_MS).toISOString()},s0,imported,wan,60,500,900,800,12`),
    ]);
    await world.drain();
  }, 60_000);
  afterAll(() => world.stop());

  it.each([
    ['whole days', '2026-04-16T00:00:00Z', '2026-04-19T00:00:00Z'],
    ['hours at both ends', '2026-04-16T05:00:00Z', '2026-04-18T02:00:00Z'],
  ])('merges what was sketched over %s, within one percent', async (_, from, to) => {
    const within = (i: number): boolean => START + i * STEP_MS >= Date.parse(from) && START + i * STEP_MS < Date.parse(to);
    const exact = [0, 1, 2, 3]
      .map((circuit) => ({
        id: `m${String(circuit)}:wan`,
        p95:
          percentileCont(
            Array.from({ length: SAMPLES }, (__, i) => i)
              .filter(within)
              .map((i) => latencyOf(circuit, i)),
            0.95,
          ) ?? 0,
      }))
      .sort((a, b) => b.p95 - a.p95);
    const { items, left_out: leftOut } = await world.get<Ranking>(`/rankings?by=latency&from=${from}&to=${to}`);
    expect(items.map(({ id, p95_coverage_pct: coverage }) => [id, coverage])).toEqual(exact.map(({ id }) => [id, 100]));
    for (const [i, { value }] of items.entries()) expect(Math.abs(value / (exact[i]?.p95 ?? NaN) - 1)).toBeLessThan(0.0101);
    expect(leftOut.without_p95).toBe(1);
  });

  it('ranks regions by their pools', async () => {
    const { items } = await world.get<Ranking>(
      '/rankings?by=latency&of=regions&from=2026-04-16T00:00:00Z&to=2026-04-19T00:00:00Z',
    );
    expect(items.map(({ id }) => id)).toEqual(['South', 'North']);
    expect(await world.status('/rankings?by=latency&of=regions&region=North')).toBe(400);
  });

  it('calls chronic whose daily p95 is bad on three days', async () => {
    const { items } = await world.get<Ranking>('/offenders?by=latency&from=2026-04-16T00:00:00Z&to=2026-04-19T00:00:00Z');
    // On the last day 3 of 60 samples of m2 are bad: its p95 lies just under them.
    expect(items.map(({ id, days }) => [id, days])).toEqual([['m3:wan', 3]]);
  });
});
