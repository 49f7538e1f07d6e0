import { setTimeout as delay } from 'node:timers/promises';
import { HOUR_MS } from '@app/domain';
import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import { upsertOrg } from '@app/shared';
import { mustBe, reached, startAnalyzer, type Rig } from '../rig.js';
import { BASE_MS } from './hours.js';
import { batchOf, type Run, type Shape } from './shape.js';

const SITES = 500;
const CIRCUITS_A_SITE = 2;
const CIRCUITS = SITES * CIRCUITS_A_SITE;
const ROUNDS = 12;
const STEP_MS = HOUR_MS / ROUNDS;
/** The hour that is lived through; the poll before it makes the circuits known and has its hour closed. */
const HOUR = BASE_MS + 9 * HOUR_MS;
const POLL_AFTER_MS = 60_000;
const CLOSE_AFTER_MS = 30_000;
const POLLS = Array.from({ length: ROUNDS + 1 }, (_, i) => HOUR + POLL_AFTER_MS + (i - 1) * STEP_MS);
/** A circuit of each of so many sites goes down in the hour and stays down. */
const DOWN = 10;

type Page = readonly unknown[];

async function portsAt({ url, orgs: [org] }: MistCloud, portId: string): Promise<Page> {
  if (org === undefined) throw new Error('The simulated cloud has no organization.');
  const query = new URLSearchParams({ type: 'gateway', port_id: portId, limit: String(CIRCUITS) });
  const response = await fetch(`${url}/api/v1/orgs/${org.id}/stats/ports/search?${query.toString()}`, {
    headers: { authorization: `Token ${org.token}` },
  });
  return ((await response.json()) as { results: Page }).results;
}

/** The WAN ports of all gateways in one page. */
async function pageAt(cloud: MistCloud, at: number): Promise<Page> {
  cloud.clock.set(at);
  const page = [...(await portsAt(cloud, 'ge-0/0/0')), ...(await portsAt(cloud, 'ge-0/0/1'))];
  mustBe('number of ports in a page', page.length, CIRCUITS);
  return page;
}

/** What the simulated cloud answers at each poll; the same for every run. */
async function pagesOfCloud(): Promise<readonly Page[]> {
  const cloud = await startMistCloud({
    orgs: [{ sites: SITES, circuitsPerSite: CIRCUITS_A_SITE, apsPerSite: 0 }],
    startAt: POLLS[0] ?? HOUR,
    requestsPerHour: 1_000_000,
  });
  try {
    for (let site = 0; site < DOWN; site++)
      cloud.scenario.add({ kind: 'circuit-down', site, from: HOUR + HOUR_MS / 2, to: HOUR + 3 * HOUR_MS });
    const pages: Page[] = [];
    for (const at of POLLS) pages.push(await pageAt(cloud, at));
    return pages;
  } finally {
    await cloud.close();
  }
}

let cached: Promise<readonly Page[]> | undefined;

async function check({ database }: Rig, orgId: number): Promise<void> {
  const [samples] = await database.query<{ count: number }>('select count(*)::int as count from port_sample where org_id = $1', [
    orgId,
  ]);
  mustBe('number of samples', samples?.count, CIRCUITS * POLLS.length);
  const [facts] = await database.query<{ count: number; known: number }>(
    'select count(*)::int as count, sum(up_ms + down_ms)::float8 as known from circuit_hour where org_id = $1 and hour = $2',
    [orgId, new Date(HOUR)],
  );
  mustBe('number of facts of the hour', facts?.count, CIRCUITS);
  mustBe('milliseconds up or down in the hour', facts?.known, CIRCUITS * HOUR_MS);
  const [alerts] = await database.query<{ count: number }>(
    `select count(*)::int as count from alert where org_id = $1 and rule = 'circuit-down' and status = 'firing'`,
    [orgId],
  );
  mustBe('number of alerts', alerts?.count, DOWN);
}

const CLOSED = 'select count(*)::int as count from circuit where org_id = $1 and facts_until >= $2';

/** Publishes the end of the hour and waits for the facts of every circuit. Returns the milliseconds from the job on the queue to the facts. */
async function closeHour(rig: Rig, { org, orgId, hour }: { org: string; orgId: number; hour: number }): Promise<number> {
  rig.clock.set(hour + CLOSE_AFTER_MS);
  await rig.publisher.publish('close-hours', { orgId: org });
  const start = performance.now();
  await reached(rig.database, CIRCUITS, { sql: CLOSED, values: [orgId, new Date(hour)], everyMs: 5 });
  return performance.now() - start;
}

/** One poll: its page goes onto the queue; from then to its commit is its time. */
async function poll(rig: Rig, { org, orgId, page, at }: { org: string; orgId: number; page: Page; at: number }): Promise<number> {
  rig.clock.set(at);
  await rig.publisher.publishMany('ingest-batch', [batchOf({ org, kind: 'wan-ports', page: 0, observedAt: at, records: page })]);
  const start = performance.now();
  await reached(rig.database, 1, {
    sql: 'select count(*)::int as count from batch where org_id = $1 and observed_at = $2',
    values: [orgId, new Date(at)],
    everyMs: 2,
  });
  return performance.now() - start;
}

async function run(rig: Rig, org: string): Promise<Run> {
  const [first, ...pages] = await (cached ??= pagesOfCloud());
  const { id: orgId } = await upsertOrg(rig.database, { externalId: org });
  rig.clock.set(POLLS[0] ?? HOUR);
  const { service } = await startAnalyzer(rig);
  try {
    await poll(rig, { org, orgId, page: first ?? [], at: POLLS[0] ?? HOUR });
    await closeHour(rig, { org, orgId, hour: HOUR });
    await rig.database.query('analyze site, device, circuit');
    let ms = 0;
    for (const [i, page] of pages.entries()) {
      ms += await poll(rig, { org, orgId, page, at: POLLS[i + 1] ?? HOUR });
      // What a commit leaves behind, such as waking the notifier, belongs to no round.
      await delay(5);
    }
    const closingMs = await closeHour(rig, { org, orgId, hour: HOUR + HOUR_MS });
    await check(rig, orgId);
    return { orgId, ms, closingMs };
  } finally {
    await service.close();
  }
}

/** A page for each poll, as it comes every five minutes; the hour is closed at its end. */
export const LIVE_SHAPE: Shape = {
  key: 'live',
  name: '1,000 circuits x 1 sample a page',
  samples: CIRCUITS * ROUNDS,
  pagesBefore: 1,
  run,
};
