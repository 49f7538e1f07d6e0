import { createApi } from '@app/api';
import { createApiKey } from '@app/shared';
import { median, round, table, type Benchmark } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { startBareServer } from './bare-server.js';
import { CLIENTS, load, type Load } from './load.js';
import { CIRCUITS, END_MS, HOURS, seedHours, START_MS } from './seed.js';

const ORG = 'org-bench';
const SECONDS = 5;
const WARM_UP_SECONDS = 3;
const PAIRS = 3;
const TARGET = 0.5;
const TARGET_P99_MS = 50;
const DAY_HOURS = 24;
const NO_LIMIT = { requestsPerSecond: 1e9, burst: 1e9 };

/** Two servers that answer the same questions. */
interface Rivals {
  readonly api: Target;
  readonly bare: Target;
}
interface Target {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  pathOf(circuit: number, from: string, to: string): string;
}
interface Measured {
  readonly hours: number;
  readonly api: Load;
  readonly bare: Load;
  readonly ratio: number;
}

const iso = (at: number): string => new Date(at).toISOString();

function pathsOf(target: Target, hours: number): string[] {
  return Array.from({ length: CIRCUITS }, (_, circuit) => target.pathOf(circuit, iso(END_MS - hours * 3_600_000), iso(END_MS)));
}

const asked = (target: Target, hours: number) => ({ ...target, paths: pathsOf(target, hours) });

/** Alternating runs, so that what else the machine does falls on both. */
async function measure({ api, bare }: Rivals, hours: number, log: (line: string) => void): Promise<Measured> {
  await load(asked(bare, hours), WARM_UP_SECONDS);
  await load(asked(api, hours), WARM_UP_SECONDS);
  const pairs: { api: Load; bare: Load }[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const pair = {
      bare: await load(asked(bare, hours), SECONDS),
      api: await load(asked(api, hours), SECONDS),
    };
    pairs.push(pair);
    log(
      `  ${hours} points, run ${i + 1}: ${round(pair.api.requestsPerS, 0)} requests/s, p99 ${pair.api.p99Ms} ms; bare ${round(pair.bare.requestsPerS, 0)} requests/s, p99 ${pair.bare.p99Ms} ms`,
    );
  }
  const of = (side: 'api' | 'bare'): Load => ({
    requestsPerS: median(pairs.map((pair) => pair[side].requestsPerS)),
    p99Ms: median(pairs.map((pair) => pair[side].p99Ms)),
  });
  return {
    hours,
    api: of('api'),
    bare: of('bare'),
    ratio: median(pairs.map((pair) => pair.api.requestsPerS / pair.bare.requestsPerS)),
  };
}

async function get(target: Target, hours: number): Promise<unknown> {
  const [path] = pathsOf(target, hours);
  const response = await fetch(`${target.url}${path ?? ''}`, { headers: target.headers });
  mustBe('status of the answer', response.status, 200);
  return response.json();
}

/** Both must tell the whole month before they are timed. */
async function check({ api, bare }: Rivals): Promise<void> {
  const series = (await get(api, HOURS)) as { grain: string; points: { facts: number }[] };
  mustBe('grain of the series', series.grain, 'hour');
  mustBe('points with a fact', series.points.filter(({ facts }) => facts === 1).length, HOURS);
  mustBe('rows of the bare query', ((await get(bare, HOURS)) as unknown[]).length, HOURS);
}

async function withRivals<T>(rig: Rig, work: (rivals: Rivals) => Promise<T>): Promise<T> {
  const { orgId, circuits } = await seedHours(rig.database, ORG);
  const { secret } = await createApiKey(rig.database, {
    name: 'bench',
    role: 'viewer',
    orgIds: [ORG],
    now: new Date(START_MS),
    actor: 'bench',
  });
  const bare = await startBareServer(rig.runtime, orgId);
  const api = await createApi({ runtime: rig.runtime, api: { rateLimit: NO_LIMIT }, logger: false });
  try {
    return await work({
      api: {
        url: await api.listen(0, '127.0.0.1'),
        headers: { authorization: `Bearer ${secret}` },
        pathOf: (circuit, from, to) =>
          `/v1/orgs/${ORG}/circuits/${encodeURIComponent(circuits[circuit]?.id ?? '')}/series?from=${from}&to=${to}&grain=hour`,
      },
      bare: {
        url: bare.url,
        headers: {},
        pathOf: (circuit, from, to) => `/hours/${circuits[circuit]?.key ?? 0}?from=${from}&to=${to}`,
      },
    });
  } finally {
    await api.close();
    await bare.close();
  }
}

/** The series of a circuit over the API, against the bare query of the same rows through Fastify in the same process. */
export const http: Benchmark = async (context) => {
  const { log } = context;
  const rig = await startRig('http', END_MS + 60_000, context);
  try {
    log(
      `${rig.description}; ${CIRCUITS} circuits, ${CLIENTS} connections; the floor is a bare Fastify server in the same process (the API takes no route once it is built)`,
    );
    const [month, day] = await withRivals(rig, async (rivals) => {
      await check(rivals);
      return [await measure(rivals, HOURS, log), await measure(rivals, DAY_HOURS, log)] as const;
    });
    const row = ({ hours, api, bare, ratio }: Measured): (string | number)[] => [
      `${hours} points`,
      round(api.requestsPerS, 0),
      api.p99Ms,
      round(bare.requestsPerS, 0),
      bare.p99Ms,
      round(ratio),
    ];
    log(table([['series', 'requests/s', 'p99 ms', 'bare requests/s', 'bare p99 ms', 'ratio'], row(month), row(day)]));
    return {
      bench: 'http',
      ours: round(month.api.requestsPerS, 1),
      floor: round(month.bare.requestsPerS, 1),
      ratio: round(month.ratio),
      unit: 'requests/s',
      target: TARGET,
      met: month.ratio >= TARGET && month.api.p99Ms < TARGET_P99_MS,
      p99_ms: month.api.p99Ms,
      p99_ms_floor: month.bare.p99Ms,
      target_p99_ms: TARGET_P99_MS,
      points: HOURS,
      ratio_day: round(day.ratio),
      p99_ms_day: day.api.p99Ms,
    };
  } finally {
    await rig.close();
  }
};
