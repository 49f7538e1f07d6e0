import { ANALYZER } from '@app/analyzer';
import { createApi } from '@app/api';
import { NOTIFIER } from '@app/notifier';
import { createService, JsonLogger, parseSettings, type Runtime, type ServiceDefinition } from '@app/shared';
import { startSmtpSink, type SmtpSink } from '@app/testing';
import { round, table, type Benchmark, type BenchContext, type Outcome } from '../outcome.js';
import { mustBe, startRig, type Rig } from '../rig.js';
import { Fleet } from './fleet.js';
import { floorTimes } from './floor.js';
import { percentiles, type Percentiles } from './percentiles.js';
import { playEvents, type EventTimes, type PlayParts } from './play.js';

const ORG = '11111111-2222-4333-8444-555555555555';
const SECRET = 'the-secret-of-the-webhook';
const SITES = 1_000;
const EVENTS = 200;
const WARM_UP = 10;
const GROUP_WAIT_SECONDS = 1;
const TARGET_P99_MS = 2_000;
/** The whole fleet is polled this often: sixty times as often as in production. */
const POLL_EVERY_MS = 5_000;

/** What production has, but for waits that are no part of the way: the group wait is short and subtracted exactly, a site is down at once. */
const settingsOf = (smtpPort: number) =>
  parseSettings(
    JSON.stringify({
      orgs: [
        { id: ORG, baseUrl: 'api.example.com', token: 'tok-0123456789', reportingTimezone: 'UTC', webhook: { secret: SECRET } },
      ],
      alerts: {
        groupWaitSeconds: GROUP_WAIT_SECONDS,
        groupIntervalSeconds: 1,
        flappingTransitions: 1_000,
        // Some of them fall in one region; together they would be told as its outage.
        outages: { minSites: SITES + 1 },
      },
      rules: [{ id: 'site-down', forMinutes: 0, clearForMinutes: 0 }],
      limits: { perDestinationPerHour: 10_000 },
      email: { smtpUrl: `smtp://127.0.0.1:${smtpPort}`, from: 'mistwatch@example.com', to: ['noc@example.com'] },
    }),
    {},
  );

/** The first waits for the group; what is left of it is ours. */
const STAGES = ['stored to taken', 'to the notifier', 'to the decision', 'to sent'] as const;
const DECIDED = 2;

interface Ways {
  readonly all: Percentiles;
  readonly stages: readonly Percentiles[];
}

interface Measured {
  readonly floor: Percentiles;
  readonly quiet: Ways;
  readonly polling: Ways;
  readonly pagesPolled: number;
}

/** From a signed delivery of Mist's webhook to the mail that a server took, beyond the group wait; also while polls come in. */
export const latency: Benchmark = async (context) => {
  const rig = await startRig('latency', Date.now(), context);
  const sink = await startSmtpSink();
  try {
    rig.clock.setFree();
    const runtime = { ...rig.runtime, settings: settingsOf(sink.port) };
    const events = Number(context.env.BENCH_EVENTS ?? EVENTS);
    const sites = Number(context.env.BENCH_SITES ?? SITES);
    const fleet = await Fleet.start(rig, ORG, sites);
    try {
      const measured = await withServices(runtime, (url) => measure({ rig, runtime, sink, fleet, url }, events, context));
      report(measured, context);
      return outcomeOf(measured, events, sites);
    } finally {
      await fleet.close();
    }
  } finally {
    await sink.close();
    await rig.close();
  }
};

/** API, analyzer and notifier as production runs them, in this process. */
async function withServices<T>(runtime: Runtime, work: (url: string) => Promise<T>): Promise<T> {
  const start = (definition: ServiceDefinition) =>
    createService({
      ...definition,
      healthPort: 0,
      runtime,
      logger: new JsonLogger({ service: definition.name, ...runtime.env.log }),
    });
  const api = await createApi({ runtime, logger: false });
  const services = [await start(ANALYZER), await start(NOTIFIER)];
  try {
    return await work(await api.listen(0, '127.0.0.1'));
  } finally {
    await api.close();
    for (const service of services) await service.close();
  }
}

interface Place {
  readonly rig: Rig;
  readonly runtime: Runtime;
  readonly sink: SmtpSink;
  readonly fleet: Fleet;
  readonly url: string;
}

async function measure(place: Place, events: number, { log }: BenchContext): Promise<Measured> {
  const { rig, runtime, sink, fleet, url } = place;
  log(`${rig.description}; API, analyzer, notifier, mail server and simulated cloud in this process`);
  await fleet.makeKnown();
  const gateways = await fleet.gateways();
  mustBe('enough sites with one gateway', gateways.length >= events + WARM_UP, true);
  const [warmUp, counted] = [gateways.slice(0, WARM_UP), gateways.slice(WARM_UP, WARM_UP + events)];
  const target = { url: `${url}/v1/hooks/mist/${ORG}`, org: ORG, secret: SECRET };
  const parts: PlayParts = { clock: rig.clock, database: rig.database, sink, target };
  const play = async (): Promise<Ways> => {
    const times = await playEvents(parts, counted);
    mustBe('number of mails', times.length, events);
    return waysOf(times);
  };
  await playEvents(parts, warmUp);
  const floor = percentiles(await floorTimes({ runtime, database: rig.database, sink }, target, counted));
  const quiet = await play();
  const { result: polling, pages: pagesPolled } = await whilePolling(fleet, play);
  return { floor, quiet, polling, pagesPolled };
}

/** The group wait is taken off where it was waited: before the decision. */
function waysOf(times: readonly EventTimes[]): Ways {
  const waitMs = GROUP_WAIT_SECONDS * 1_000;
  return {
    all: percentiles(times.map(({ allMs }) => allMs - waitMs)),
    stages: STAGES.map((_, i) =>
      percentiles(times.map(({ stagesMs }) => (stagesMs[i] ?? Number.NaN) - (i === DECIDED ? waitMs : 0))),
    ),
  };
}

/** Does the work while the fleet is polled again and again; what was polled is stored in the end. */
async function whilePolling<T>(fleet: Fleet, work: () => Promise<T>): Promise<{ result: T; pages: number }> {
  let pages = 0;
  let last = Promise.resolve();
  const timer = setInterval(() => {
    last = last.then(async () => void (pages += await fleet.pollPorts()));
  }, POLL_EVERY_MS);
  try {
    const result = await work();
    clearInterval(timer);
    await last;
    await fleet.stored(pages);
    return { result, pages };
  } finally {
    clearInterval(timer);
  }
}

function report({ floor, quiet, polling, pagesPolled }: Measured, { log }: BenchContext): void {
  const row = (name: string, { p50Ms, p99Ms, maxMs }: Percentiles): (string | number)[] => [name, p50Ms, p99Ms, maxMs];
  const rows = (name: string, { all, stages }: Ways) => [
    row(name, all),
    ...stages.map((stage, i) => row(`  ${STAGES[i] ?? ''}`, stage)),
  ];
  log(
    table([
      ['from delivery to mail, ms', 'p50', 'p99', 'most'],
      row('floor: post, one row, one mail', floor),
      ...rows('ours, beyond the group wait', quiet),
      ...rows(`ours, while ${pagesPolled} pages are polled`, polling),
    ]),
  );
}

const outcomeOf = ({ floor, quiet, polling, pagesPolled }: Measured, events: number, sites: number): Outcome => ({
  bench: 'latency',
  ours: quiet.all.p99Ms,
  floor: floor.p99Ms,
  ratio: round(quiet.all.p99Ms / floor.p99Ms, 2),
  unit: 'ms from webhook to mail, p99',
  target: TARGET_P99_MS,
  met: quiet.all.p99Ms < TARGET_P99_MS && polling.all.p99Ms < TARGET_P99_MS,
  events,
  sites,
  group_wait_ms: GROUP_WAIT_SECONDS * 1_000,
  p50_ms: quiet.all.p50Ms,
  max_ms: quiet.all.maxMs,
  p50_ms_floor: floor.p50Ms,
  p50_ms_polling: polling.all.p50Ms,
  p99_ms_polling: polling.all.p99Ms,
  max_ms_polling: polling.all.maxMs,
  pages_polled: pagesPolled,
});
