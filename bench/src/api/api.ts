import { createApiKey } from '@app/shared';
import { CLIENTS, load, type Load } from '../http/load.js';
import { median, round, table, type Benchmark } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { startApiProcess, type ApiProcess } from './api-process.js';
import { CIRCUITS, HOURLY_CIRCUITS, HOURS, MONTH, seedHistory, YEAR } from './history.js';
import { exportRows, type Exported } from './export.js';

const ORG = 'org-bench';
const SECONDS = 5;
const WARM_UP_SECONDS = 3;
const RUNS = 3;
const TOP_RUNS = 15;
const TARGETS = { ratio: 0.5, p99Ms: 50, topMs: 400, notModifiedMs: 5 } as const;

interface Api extends Pick<ApiProcess, 'url' | 'rssBytes'> {
  readonly headers: Readonly<Record<string, string>>;
  /** Of the circuits whose hours are stored: our keys and the ids people know. */
  readonly hourly: readonly { readonly key: number; readonly id: string }[];
}

interface Bare {
  readonly url: string;
}

const iso = (at: number): string => new Date(at).toISOString();
const seriesOf = (id: string): string =>
  `/v1/orgs/${ORG}/circuits/${encodeURIComponent(id)}/series?from=${iso(MONTH.from)}&to=${iso(MONTH.to)}&grain=hour`;
/** A chart of one figure, as a dashboard draws it. */
const chartOf = (id: string): string => `${seriesOf(id)}&metrics=utilization`;
const EXPORT = `/v1/orgs/${ORG}/exports/circuit-days?format=csv&from=${iso(YEAR.from)}&to=${iso(YEAR.to)}`;
const TOP = `/v1/orgs/${ORG}/rankings?of=circuits&by=utilization&from=${iso(YEAR.from)}&to=${iso(YEAR.to)}&top=10`;

/** The way from the organization down to a circuit, each step of it as often as the others. */
const drilldown = ({ hourly }: Api): string[] =>
  hourly
    .slice(0, 50)
    .flatMap(({ id }, index) => [
      `/v1/orgs/${ORG}/regions`,
      `/v1/orgs/${ORG}/regions/region-${index % 8}/sites?limit=50`,
      `/v1/orgs/${ORG}/sites/site-${index + 1}`,
      `/v1/orgs/${ORG}/sites/site-${index + 1}/circuits`,
      `/v1/orgs/${ORG}/circuits/${encodeURIComponent(id)}`,
    ]);

async function medianLoad(work: () => Promise<Load>): Promise<Load> {
  const runs: Load[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await work());
  return { requestsPerS: median(runs.map((each) => each.requestsPerS)), p99Ms: median(runs.map((each) => each.p99Ms)) };
}

/** Series over the API and the bare query of the same rows in turn, so that what else the machine does falls on both. */
async function compareSeries(api: Api, bare: Bare): Promise<{ api: Load; bare: Load; ratio: number }> {
  const ours = { ...api, paths: api.hourly.map(({ id }) => seriesOf(id)) };
  const span = `from=${iso(MONTH.from)}&to=${iso(MONTH.to)}`;
  const floor = { ...bare, headers: {}, paths: api.hourly.map(({ key }) => `/hours/${key}?${span}`) };
  await load(floor, WARM_UP_SECONDS);
  await load(ours, WARM_UP_SECONDS);
  const pairs: { bare: Load; api: Load }[] = [];
  for (let run = 0; run < RUNS; run++) pairs.push({ bare: await load(floor, SECONDS), api: await load(ours, SECONDS) });
  const of = (side: 'api' | 'bare'): Load => ({
    requestsPerS: median(pairs.map((pair) => pair[side].requestsPerS)),
    p99Ms: median(pairs.map((pair) => pair[side].p99Ms)),
  });
  return { api: of('api'), bare: of('bare'), ratio: median(pairs.map((pair) => pair.api.requestsPerS / pair.bare.requestsPerS)) };
}

/** Milliseconds of the slowest of some questions in a row. */
async function topMs({ url, headers }: Api): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < TOP_RUNS; run++) {
    const start = performance.now();
    const { items } = (await (await fetch(url + TOP, { headers })).json()) as { items: unknown[] };
    times.push(performance.now() - start);
    mustBe('circuits of the ranking', items.length, 10);
  }
  return Math.max(...times);
}

async function notModified(api: Api, clients: number): Promise<Load> {
  const [first] = api.hourly;
  const path = seriesOf(first?.id ?? '');
  const { headers } = await fetch(api.url + path, { headers: { ...api.headers, 'accept-encoding': 'identity' } });
  const asked = {
    ...api,
    headers: { ...api.headers, 'if-none-match': headers.get('etag') ?? '' },
    paths: [path],
    status: 304,
    clients,
  };
  await load(asked, WARM_UP_SECONDS);
  return medianLoad(() => load(asked, SECONDS));
}

interface Results {
  readonly steps: Load;
  readonly chart: Load;
  readonly series: { readonly api: Load; readonly bare: Load; readonly ratio: number };
  readonly top: number;
  readonly unchanged: Load;
  readonly unchangedBusy: Load;
  /** Of the process of the API, with the bare server in it. */
  readonly rssMb: number;
  readonly exported: Exported;
}

async function measure(rig: Rig, log: (line: string) => void): Promise<Results> {
  const { org, hourly } = await seedHistory(rig.database, ORG);
  log(`  seeded`);
  const key = await createApiKey(rig.database, {
    name: 'bench',
    role: 'viewer',
    orgIds: [ORG],
    now: new Date(MONTH.from),
    actor: 'bench',
  });
  const headers = { authorization: `Bearer ${key.secret}` };
  const said = <T>(what: string, found: T): T => {
    log(`  ${what}: ${JSON.stringify(found)}`);
    return found;
  };
  const loads = await inProcess(rig, org.id, async (server) => {
    const api = { ...server, headers, hourly };
    const { points } = (await (await fetch(api.url + seriesOf(hourly[0]?.id ?? ''), api)).json()) as { points: unknown[] };
    mustBe('points of the series', points.length, HOURS);
    const top = said('top 10 of 13 months, ms', round(await topMs(api), 0));
    const [steps, charts] = [
      { ...api, paths: drilldown(api) },
      { ...api, paths: hourly.map(({ id }) => chartOf(id)) },
    ];
    await load(steps, WARM_UP_SECONDS);
    return {
      top,
      steps: said('drilldown', await medianLoad(() => load(steps, SECONDS))),
      series: said('series', await compareSeries(api, { url: server.bareUrl })),
      chart: said('series of one metric', await medianLoad(() => load(charts, SECONDS))),
      unchanged: said('not modified', await notModified(api, 1)),
      unchangedBusy: said('not modified, busy', await notModified(api, CLIENTS)),
      rssMb: said('most memory under these loads, MB', round(server.peakRssBytes() / 2 ** 20, 0)),
    };
  });
  const exported = await inProcess(rig, org.id, (server) => exportRows({ ...server, headers }, EXPORT));
  return { ...loads, exported: said('export', exported) };
}

/** Some work with an API that nobody asked anything before. */
async function inProcess<T>(rig: Rig, orgId: number, work: (server: ApiProcess) => Promise<T>): Promise<T> {
  const server = await startApiProcess(rig, orgId);
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** What callers wait for, at the size of a large organization: series, drilldown, rankings, answers that did not change, exports. */
export const api: Benchmark = async (context) => {
  const { log } = context;
  const rig = await startRig('api', MONTH.to + 60_000, context);
  try {
    log(
      `${rig.description}; ${CIRCUITS} circuits with 13 months of days, weeks and months, ${HOURLY_CIRCUITS} with a month of hours`,
    );
    const { series, chart, steps, top, unchanged, unchangedBusy, rssMb, exported } = await measure(rig, log);
    const row = (name: string, { requestsPerS, p99Ms }: Load): (string | number)[] => [name, round(requestsPerS, 0), p99Ms];
    log(
      table([
        ['', 'requests/s', 'p99 ms'],
        row(`series of ${HOURS} points, ${CLIENTS} clients`, series.api),
        row('the same rows by a bare query', series.bare),
        row(`one metric of them, ${CLIENTS} clients`, chart),
        row(`drilldown, ${CLIENTS} clients`, steps),
        row('not modified, 1 client', unchanged),
        row(`not modified, ${CLIENTS} clients`, unchangedBusy),
      ]),
    );
    log(`${exported.rows} rows as CSV: memory ${exported.text}`);
    const isFast = series.api.p99Ms < TARGETS.p99Ms && steps.p99Ms < TARGETS.p99Ms && top < TARGETS.topMs;
    return {
      bench: 'api',
      ours: round(series.api.requestsPerS, 1),
      floor: round(series.bare.requestsPerS, 1),
      ratio: round(series.ratio),
      unit: 'requests/s',
      target: TARGETS.ratio,
      met: series.ratio >= TARGETS.ratio && isFast && unchanged.p99Ms < TARGETS.notModifiedMs && exported.isFlat,
      p99_ms_series: series.api.p99Ms,
      p99_ms_chart: chart.p99Ms,
      p99_ms_drilldown: steps.p99Ms,
      target_p99_ms: TARGETS.p99Ms,
      top_ms: round(top, 0),
      target_top_ms: TARGETS.topMs,
      p99_ms_not_modified: unchanged.p99Ms,
      p99_ms_not_modified_busy: unchangedBusy.p99Ms,
      target_not_modified_ms: TARGETS.notModifiedMs,
      rss_mb_loads: rssMb,
      csv_rows: exported.rows,
      csv_rows_per_s: round(exported.rowsPerS, 0),
      csv_rss_mb: round(exported.rssMb, 0),
      csv_rss_growth_mb: round(exported.growthMb, 0),
    };
  } finally {
    await rig.close();
  }
};
