import { DEFAULT_THRESHOLDS, HOUR_MS, percentileCont, type Span } from '@app/domain';
import { DrilldownWorld, foldedByCircuit, type Told } from './drilldown-world.js';

interface Point {
  readonly start: string;
  readonly end: string;
  readonly facts: number;
  readonly rx_bytes: number | null;
  readonly up_minutes: number;
  readonly down_minutes: number;
  readonly flaps: number | null;
  readonly availability_pct: number | null;
  readonly utilization_pct: {
    readonly avg: number | null;
    readonly max: number | null;
    readonly p95: number | null;
    readonly hours: number;
  };
  readonly latency_ms: { readonly avg: number | null; readonly max: number | null; readonly count: number };
  readonly above: Readonly<
    Record<'utilization' | 'latency', { readonly cumulative_hours: number[]; readonly continuous_hours: number[] }>
  >;
}
interface Series {
  readonly grain: string;
  readonly points: readonly Point[];
}

const LEVELS = ['warning', 'major', 'critical'] as const;
const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);
const most = (values: readonly (number | null)[]): number | null =>
  values.reduce<number | null>((max, value) => (value === null ? max : Math.max(value, max ?? value)), null);

/** What a point should tell, by the plain fold. */
function expected(told: readonly Told[], span: Span) {
  const own = told.filter(({ fact }) => span.from <= fact.hour && fact.hour < span.to);
  const kpis = foldedByCircuit(told, span, DEFAULT_THRESHOLDS);
  const [up, down] = [sum(kpis.map(({ upMs }) => upMs)), sum(kpis.map(({ downMs }) => downMs))];
  const values = own.flatMap(({ fact }) => (fact.utilizationPct === null ? [] : [fact.utilizationPct]));
  const above = (kpi: 'utilization' | 'latency') => ({
    cumulative_hours: LEVELS.map((level) => sum(kpis.map((each) => each.above[kpi][level].cumulativeHours))),
    continuous_hours: LEVELS.map((level) => most(kpis.map((each) => each.above[kpi][level].continuousHours)) ?? 0),
  });
  const samples = sum(kpis.map(({ latency }) => latency.count));
  return {
    facts: own.length,
    rx: sum(own.map(({ fact }) => fact.rxBytes)),
    up: up / 60_000,
    down: down / 60_000,
    flaps: own.every(({ fact }) => fact.flaps === null) ? null : sum(own.map(({ fact }) => fact.flaps)),
    availability: up + down > 0 ? (up / (up + down)) * 100 : null,
    utilizationAvg: values.length === 0 ? null : sum(values) / values.length,
    utilizationMax: most(values),
    utilizationP95: percentileCont(values, 0.95),
    latencyAvg: samples === 0 ? null : sum(kpis.map(({ latency }) => (latency.avg ?? 0) * latency.count)) / samples,
    latencyMax: most(kpis.map(({ latency }) => latency.max)),
    above: { utilization: above('utilization'), latency: above('latency') },
  };
}

const near = (actual: number | null, wanted: number | null, relative = 1e-9): boolean =>
  actual === null || wanted === null ? actual === wanted : Math.abs(actual - wanted) <= relative * Math.max(1, Math.abs(wanted));

function differences(point: Point, told: readonly Told[], p95Error: number): string[] {
  const wanted = expected(told, { from: Date.parse(point.start), to: Date.parse(point.end) });
  const checks: [string, number | null, number | null, number?][] = [
    ['facts', point.facts, wanted.facts],
    ['rx', point.rx_bytes ?? 0, wanted.rx],
    ['up', point.up_minutes, wanted.up],
    ['down', point.down_minutes, wanted.down],
    ['flaps', point.flaps, wanted.flaps],
    ['availability', point.availability_pct, wanted.availability],
    ['utilization avg', point.utilization_pct.avg, wanted.utilizationAvg, 1e-6],
    ['utilization max', point.utilization_pct.max, wanted.utilizationMax, 1e-6],
    ['utilization p95', point.utilization_pct.p95, wanted.utilizationP95, p95Error],
    ['latency avg', point.latency_ms.avg, wanted.latencyAvg],
    ['latency max', point.latency_ms.max, wanted.latencyMax],
  ];
  const wrong = checks
    .filter(([, actual, value, error]) => !near(actual, value, error))
    .map(([name, actual, value]) => `${name} ${String(actual)} instead of ${String(value)}`);
  for (const kpi of ['utilization', 'latency'] as const) {
    if (JSON.stringify(point.above[kpi]) !== JSON.stringify(wanted.above[kpi]))
      wrong.push(`${kpi} above ${JSON.stringify(point.above[kpi])} instead of ${JSON.stringify(wanted.above[kpi])}`);
  }
  return wrong.map((text) => `${point.start}: ${text}`);
}

const CIRCUIT = '020000000103:ge-0/0/0';
const LEVEL_PATHS: [string, (told: Told) => boolean, number][] = [
  [`/circuits/${encodeURIComponent(CIRCUIT)}`, ({ circuit }) => circuit === CIRCUIT, 1e-6],
  ['/sites/site-2', ({ site }) => site === 'site-2', 1e-6],
  ['/regions/North', ({ region }) => region === 'North', 0.0101],
  ['/regions/South', ({ region }) => region === 'South', 0.0101],
  ['/store-types/small', ({ site }) => site !== 'site-2', 0.0101],
  ['/providers/Oak', ({ provider }) => provider === 'Oak', 0.0101],
  ['', () => true, 0.0101],
];

describe.each(['UTC', 'Europe/Berlin', 'Asia/Kolkata'])('drilldown in %s', (zone) => {
  let world: DrilldownWorld;

  beforeAll(async () => {
    world = await DrilldownWorld.start(zone);
  }, 120_000);
  afterAll(() => world.stop());

  it.each(LEVEL_PATHS)(
    '%s equals the fold of its hours at every grain, also where the ends are cut',
    async (path, isOwn, p95Error) => {
      const told = world.told.filter(isOwn);
      for (const grain of ['day', 'week', 'month']) {
        const { points } = await world.get<Series>(
          `${path}/series?from=2026-02-21T05:00:00Z&to=2026-04-20T07:00:00Z&grain=${grain}`,
        );
        expect(points.flatMap((point) => differences(point, told, p95Error))).toEqual([]);
        expect(sum(points.map(({ facts }) => facts))).toBe(
          told.filter(
            ({ fact }) => fact.hour >= Date.parse('2026-02-21T05:00:00Z') && fact.hour < Date.parse('2026-04-20T07:00:00Z'),
          ).length,
        );
      }
      const hours = await world.get<Series>(`${path}/series?from=2026-03-10T05:00:00Z&to=2026-03-12T07:00:00Z&grain=hour`);
      expect(hours.points.flatMap((point) => differences(point, told, p95Error))).toEqual([]);
    },
  );

  it.each(LEVEL_PATHS)('%s has windows before an explicit end', async (path, isOwn, p95Error) => {
    const told = world.told.filter(isOwn);
    const { windows } = await world.get<{ windows: Point[] }>(`${path}/windows?end=2026-04-19T06:30:00Z&hours=3,12,24,1000`);
    expect(windows.map(({ start, end }) => (Date.parse(end) - Date.parse(start)) / HOUR_MS)).toEqual([3, 12, 24, 1000]);
    expect(windows.flatMap((point) => differences(point, told, p95Error))).toEqual([]);
  });

  it('counts thresholds a caller adds', async () => {
    const told = world.told.filter(({ region }) => region === 'North');
    for (const path of ['/regions/North', '/sites/site-1']) {
      const { points } = await world.get<Series>(
        `${path}/series?from=2026-03-01T00:00:00Z&to=2026-03-03T00:00:00Z&grain=day&above=utilization:62.5&metrics=above`,
      );
      const all = path === '/regions/North' ? told : told.filter(({ site }) => site === 'site-1');
      const wanted = points.map(
        ({ start, end }) =>
          all.filter(
            ({ fact }) => fact.hour >= Date.parse(start) && fact.hour < Date.parse(end) && (fact.utilizationPct ?? 0) >= 62.5,
          ).length,
      );
      expect(points.map((point) => point.above.utilization.cumulative_hours[3])).toEqual(wanted);
    }
  });

  const PERIOD: Span = { from: Date.parse('2026-02-21T05:00:00Z'), to: Date.parse('2026-04-20T07:00:00Z') };
  const NAMES = { circuits: 'circuit', sites: 'site', regions: 'region', providers: 'provider' } as const;
  const FIGURES = {
    utilization: ['utilizationMax', -1],
    availability: ['availability', 1],
    flaps: ['flaps', -1],
    'latency&stat=avg': ['latencyAvg', -1],
    'latency&stat=max': ['latencyMax', -1],
    'utilization&stat=avg': ['utilizationAvg', -1],
  } as const;
  it.each(Object.keys(NAMES) as (keyof typeof NAMES)[])('ranks %s by what the fold of their hours says', async (of) => {
    const ids = [...new Set(world.told.map((told) => told[NAMES[of]]))];
    const groups = ids.map((id) => [id, world.told.filter((told) => told[NAMES[of]] === id)] as const);
    for (const [by, [figure, sign]] of Object.entries(FIGURES)) {
      const wanted = groups
        .map(([id, told]) => ({ id, value: expected(told, PERIOD)[figure] ?? 0 }))
        .sort((a, b) => sign * (a.value - b.value) || (a.id < b.id ? -1 : 1));
      const { items } = await world.get<{ items: { id: string; value: number }[] }>(
        `/rankings?of=${of}&from=2026-02-21T05:00:00Z&to=2026-04-20T07:00:00Z&by=${by}`,
      );
      expect(items.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
      for (const [i, { value }] of items.entries()) expect(value).toBeCloseTo(wanted[i]?.value ?? NaN, 6);
    }
  });

  it.each(['circuits', 'sites', 'regions', 'providers'] as const)('lists the figures of all %s page by page', async (of) => {
    type Item = {
      id: string;
      facts: number;
      availability_pct: number;
      utilization_pct: { avg: number; max: number };
      latency_ms: { avg: number };
    };
    const path = `/kpis?of=${of}&from=2026-02-21T05:00:00Z&to=2026-04-20T07:00:00Z&sort=availability&limit=2`;
    const items: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { items: Item[]; next_cursor: string | null } = await world.get(
        cursor === '' ? path : `${path}&cursor=${cursor}`,
      );
      items.push(...page.items);
      cursor = page.next_cursor;
    }
    const ids = [...new Set(world.told.map((told) => told[NAMES[of]]))];
    const wanted = ids
      .map((id) => ({
        id,
        ...expected(
          world.told.filter((told) => told[NAMES[of]] === id),
          PERIOD,
        ),
      }))
      .sort((a, b) => (a.availability ?? 0) - (b.availability ?? 0));
    expect(items.map(({ id, facts }) => [id, facts])).toEqual(wanted.map(({ id, facts }) => [id, facts]));
    for (const [i, item] of items.entries()) {
      expect(item.availability_pct).toBeCloseTo(wanted[i]?.availability ?? NaN, 9);
      expect(item.utilization_pct.avg).toBeCloseTo(wanted[i]?.utilizationAvg ?? NaN, 6);
      expect(item.latency_ms.avg).toBeCloseTo(wanted[i]?.latencyAvg ?? NaN, 6);
    }
  });

  it('lists the windows of all circuits of a region', async () => {
    const { items } = await world.get<{ items: { id: string; windows: Point[] }[] }>(
      '/circuits/windows?end=2026-04-19T06:30:00Z&hours=24,3&region=South&sort=flaps',
    );
    const told = world.told.filter(({ region }) => region === 'South');
    expect(items.map(({ id }) => id).sort()).toEqual(
      [...new Set(told.filter(({ fact }) => fact.hour > Date.UTC(2026, 3, 18)).map(({ circuit }) => circuit))].sort(),
    );
    const flaps = items.map(({ windows }) => windows[0]?.flaps ?? 0);
    expect(flaps).toEqual([...flaps].sort((a, b) => b - a));
    for (const { id, windows } of items)
      expect(
        windows.flatMap((point) =>
          differences(
            point,
            told.filter(({ circuit }) => circuit === id),
            1e-6,
          ),
        ),
      ).toEqual([]);
  });

  it('shows a late hour at once in its circuit, and after the next drain everywhere', async () => {
    const path = `/circuits/${encodeURIComponent(CIRCUIT)}/series?from=2026-02-20T00:00:00Z&to=2026-04-20T07:00:00Z&grain=month&metrics=utilization`;
    const gap = world.told.find(
      ({ circuit, fact }) => circuit === CIRCUIT && fact.hour > Date.UTC(2026, 2, 2) && fact.upMs + fact.downMs === 0,
    );
    const hour = gap?.fact.hour ?? 0;
    await world.importHours([`${new Date(hour).toISOString()},site-2,020000000103,ge-0/0/0,90000000000,0,60,0,0,,,`]);
    const most = async (of: string): Promise<number> =>
      Math.max(...(await world.get<Series>(of)).points.map((point) => point.utilization_pct.max ?? 0));
    expect(await most(path)).toBe(200);
    await world.drain();
    expect(await most(path)).toBe(200);
    expect(await most('/regions/North/series?from=2026-02-20T00:00:00Z&to=2026-04-20T07:00:00Z&grain=week')).toBe(200);
  });
});
