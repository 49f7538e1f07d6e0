import 'reflect-metadata';
import { jest } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { mapBatch } from '@app/mist';
import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import { COLLECT_KINDS, JobPublisher, JobSchedules, type CollectKind, type CollectKindJob, type RawBatch } from '@app/shared';
import { waitFor } from '@app/testing';
import { OrgDirectory } from './orgs/org-directory.js';
import type { CycleResult } from './polling/cycle-order.js';
import { CycleService } from './polling/cycle.service.js';
import type { Window } from './polling/windows.js';
import { CollectService } from './scheduling/collect.service.js';
import { ReconcileService } from './scheduling/reconcile.service.js';
import { openCollector, runtimeFor, startBatchSink, startRig, type BatchSink, type Rig } from './testing/rig.fixture.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A lease is renewed by an interval; all other timers run as they are. */
const NOT_FAKED = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;

let rig: Rig;
let cloud: MistCloud;
let collector: INestApplicationContext;
let sink: BatchSink | undefined;

const first = <T>(list: readonly T[]): T => {
  const [item] = list;
  if (item === undefined) throw new Error('the list is empty');
  return item;
};
const orgId = (index = 0): string => cloud.orgs[index]?.id ?? '';

interface Scene {
  readonly orgs?: number;
  readonly sites?: number;
  readonly collect?: object;
}

async function start({ orgs = 1, sites = 30, collect = {} }: Scene = {}): Promise<void> {
  rig = await startRig();
  cloud = await startMistCloud({ orgs, sitesPerOrg: sites });
  cloud.clock.advance(10 * HOUR_MS + 20 * MINUTE_MS);
  const entries = cloud.orgs.map(({ id, token }) => ({ id, baseUrl: cloud.url, token }));
  const runtime = runtimeFor(rig, cloud.clock, { orgs: entries, collect });
  collector = await openCollector(runtime);
  sink = await startBatchSink(rig, runtime);
}

afterEach(async () => {
  jest.useRealTimers();
  await collector.close();
  await sink?.close();
  await cloud.close();
  await rig.stop();
});

const pollNow = (kind: CollectKind, org = orgId()): Promise<CycleResult> => collector.get(CollectService).runCycle(org, kind);

interface Other {
  readonly org?: string;
  readonly window?: Window;
}

async function poll(kind: CollectKind, reason: CollectKindJob['reason'], { org = orgId(), window }: Other = {}): Promise<CycleResult> {
  const found = await collector.get(OrgDirectory).find(org);
  if (found === null) throw new Error(`no org ${org}`);
  return collector.get(CycleService).run({ org: found, kind, reason, window: window ?? null });
}

/** In the order of their pages; several are taken off the queue at once. */
const batchesOf = (kind: CollectKind): RawBatch[] =>
  (sink?.batches ?? []).filter((batch) => batch.kind === kind).sort((a, b) => a.page - b.page);

const committed = (kind: CollectKind): Promise<number> =>
  waitFor(
    async () => {
      const [row] = await rig.database.query<{ at: Date | null }>('select committed_at as at from poll_state where kind = $1', [
        kind,
      ]);
      return row?.at?.getTime();
    },
    { describe: `the commit of ${kind}` },
  );

async function state(kind: CollectKind): Promise<{ code: string | null; reason: string | null; holder: string | null }> {
  const rows = await rig.database.query<{ code: string | null; reason: string | null; holder: string | null }>(
    'select failure_code as code, failure_reason as reason, lease_holder as holder from poll_state where kind = $1',
    [kind],
  );
  return first(rows);
}

describe('a full cycle of all kinds', () => {
  it('reads every page of everything, unchanged and mappable, and counts as stored when the last batch is', async () => {
    await start({ sites: 60, collect: { pageSize: 50 } });
    for (const kind of COLLECT_KINDS) expect(await pollNow(kind)).toMatchObject({ is: 'done' });
    for (const kind of COLLECT_KINDS) expect(await committed(kind)).toBe(cloud.clock.now());
    for (const kind of COLLECT_KINDS.filter((each) => each !== 'sle-detail')) {
      const batches = batchesOf(kind);
      const rows = batches.flatMap(({ records }) => records ?? []);
      const mapped = batches.map((batch) =>
        mapBatch(batch.kind as CollectKind, batch.records ?? [], batch.observedAt, batch.context),
      );
      expect(mapped.flatMap(({ setAside }) => setAside)).toEqual([]);
      expect(mapped.reduce((sum, { records, notOurs }) => sum + records.length + notOurs, 0)).toBe(rows.length);
      expect(new Set(batches.map(({ batchId }) => batchId)).size).toBe(batches.length);
    }
    expect(batchesOf('sites').map(({ records }) => records?.length)).toEqual([50, 10]);
    expect(batchesOf('wan-ports').length).toBeGreaterThan(2);
    expect(batchesOf('sle-wifi').map(({ context }) => context)).toEqual([
      { windowFrom: Date.UTC(2026, 2, 2, 9), windowTo: Date.UTC(2026, 2, 2, 10) },
      { windowFrom: Date.UTC(2026, 2, 2, 9), windowTo: Date.UTC(2026, 2, 2, 10) },
    ]);
    // Nothing to tell is told as well: "read at".
    expect(batchesOf('sle-detail').map(({ records }) => records)).toEqual([[]]);
    const [budget] = await rig.database.query<{ spent: number }>('select spent from api_budget');
    expect(budget?.spent).toBe(cloud.requests.all().length);
  });

  it('asks for events since the last stored poll, with ten minutes of overlap', async () => {
    await start();
    await pollNow('device-events');
    const firstPoll = await committed('device-events');
    cloud.clock.advance(5 * MINUTE_MS);
    await pollNow('device-events');
    const [initial, next] = cloud.requests.all().filter(({ path }) => path.endsWith('/devices/events/search'));
    expect([initial?.query['start'], next?.query['start']]).toEqual(
      [firstPoll - 24 * HOUR_MS, firstPoll - 10 * MINUTE_MS].map((at) => String(at / 1000)),
    );
  });

  it('packs a large page', async () => {
    await start({ sites: 900 });
    await pollNow('gateways');
    const batch = await waitFor(() => batchesOf('gateways')[0]);
    expect([batch.records, typeof batch.packed]).toEqual([undefined, 'string']);
  });
});

describe('a backfill', () => {
  it('is stored and does not move the point from which the next poll continues', async () => {
    await start();
    const before = cloud.clock.now();
    await poll('device-events', 'schedule');
    expect(await committed('device-events')).toBe(before);
    cloud.clock.advance(2 * MINUTE_MS);
    const window = { from: before - 6 * HOUR_MS, to: before - 5 * HOUR_MS };
    const backfill = await poll('device-events', 'now', { window });
    if (backfill.is !== 'done') throw new Error(`the backfill is ${backfill.is}`);
    const isStored = async (): Promise<boolean> => {
      const rows = await rig.database.query('select 1 from poll_cycle where cycle_id = $1 and committed_at is not null', [
        backfill.cycleId,
      ]);
      return rows.length > 0;
    };
    await waitFor(isStored, { describe: 'the commit of the backfill' });
    expect(await committed('device-events')).toBe(before);
    const ofBackfill = batchesOf('device-events').find(({ cycleId }) => cycleId === backfill.cycleId);
    expect(ofBackfill?.context).toEqual({ windowFrom: window.from, windowTo: window.to });
  });
});

describe('an org without id', () => {
  it('is found out from its token', async () => {
    await start();
    const [known] = cloud.orgs;
    const found = await openCollector(
      runtimeFor(rig, cloud.clock, { orgs: [{ id: 'auto', baseUrl: cloud.url, token: known?.token ?? '' }] }),
    );
    expect((await found.get(OrgDirectory).list()).map(({ id }) => id)).toEqual([orgId()]);
    await found.close();
  });
});

describe('schedules and leases', () => {
  it('make one poll per slot, however often it is asked for', async () => {
    await start();
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
    expect(await poll('wan-ports', 'schedule')).toEqual({ is: 'idle' });
    cloud.clock.advance(5 * MINUTE_MS);
    const both = await Promise.all([poll('wan-ports', 'schedule'), poll('wan-ports', 'schedule')]);
    expect(both.map(({ is }) => is).sort()).toEqual(['done', 'idle']);
  });

  it('poll again what was read and never stored, and only that', async () => {
    await start();
    await sink?.close();
    await poll('wan-ports', 'schedule');
    expect(await poll('wan-ports', 'again')).toEqual({ is: 'idle' });
    cloud.clock.advance(6 * MINUTE_MS);
    expect(await poll('wan-ports', 'again')).toMatchObject({ is: 'done' });
  });

  it('give the poll of a collector that died half-way to the next in the same slot, once its lease has run out', async () => {
    await start();
    await poll('sites', 'schedule');
    await rig.database.query('update poll_cycle set pages = null, committed_at = null');
    await rig.database.query(`update poll_state set lease_holder = 'dead', lease_until = $1`, [
      new Date(cloud.clock.now() + MINUTE_MS),
    ]);
    expect(await poll('sites', 'schedule')).toEqual({ is: 'idle' });
    cloud.clock.advance(MINUTE_MS + 1);
    expect(await poll('sites', 'schedule')).toMatchObject({ is: 'done' });
  });

  it('do not repeat the poll of a collector that died after its last page', async () => {
    await start();
    await poll('sites', 'schedule');
    await rig.database.query(`update poll_state set lease_holder = 'dead', lease_until = $1`, [new Date(cloud.clock.now())]);
    cloud.clock.advance(1);
    for (const reason of ['schedule', 'again'] as const) expect(await poll('sites', reason)).toEqual({ is: 'idle' });
  });

  it('leave a poll to the collector that took its lease, as nothing to try again', async () => {
    await start();
    jest.useFakeTimers({ doNotFake: [...NOT_FAKED] });
    cloud.faults.add({ kind: 'timeout' });
    const lost = poll('wan-ports', 'schedule');
    await waitFor(() => cloud.requests.count(/ports/) > 0);
    await rig.database.query(`update poll_state set lease_holder = 'another'`);
    jest.advanceTimersByTime(MINUTE_MS);
    expect(await lost).toEqual({ is: 'idle' });
    expect(await state('wan-ports')).toEqual({ code: null, reason: null, holder: 'another' });
  });

  it('are made for every org and kind, and removed with their org', async () => {
    await start({ orgs: 2 });
    const schedules = collector.get(JobSchedules);
    await schedules.upsert(
      'collect.gone.sites',
      'collect-kind',
      { orgId: 'gone', kind: 'sites', reason: 'schedule' },
      { everyMs: 60_000, offsetMs: 0 },
    );
    await collector.get(ReconcileService).reconcile();
    const polls = (await schedules.list()).filter(({ name }) => name === 'collect-kind');
    expect(polls).toHaveLength(2 * COLLECT_KINDS.length);
    expect(polls.map(({ payload }) => payload)).not.toContainEqual(expect.objectContaining({ orgId: 'gone' }));
    // Nothing has ever been polled, so all of it is wanted at once.
    expect(await collector.get(JobPublisher).depth('collect')).toBeGreaterThanOrEqual(2 * COLLECT_KINDS.length);
  });
});

describe('a refused token', () => {
  it('stops its org, says so, and leaves the other running', async () => {
    await start({ orgs: 2 });
    cloud.faults.add({ kind: '401', token: cloud.orgs[0]?.token ?? '' });
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'MIST_UNAUTHORIZED' });
    const calls = cloud.requests.count(/./);
    expect(await poll('sites', 'schedule')).toMatchObject({ is: 'failed', code: 'ORG_STOPPED' });
    cloud.clock.advance(5 * MINUTE_MS);
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'ORG_STOPPED' });
    expect(cloud.requests.count(/./)).toBe(calls);
    const [row] = await rig.database.query<{ reason: string }>(
      `select failure_reason as reason from poll_state where failure_code = 'MIST_UNAUTHORIZED'`,
    );
    expect(row?.reason).toMatch(/401.*check the token and the cloud host/);
    expect(row?.reason).not.toContain(cloud.orgs[0]?.token ?? '');
    expect(await poll('wan-ports', 'schedule', { org: orgId(1) })).toMatchObject({ is: 'done' });
    cloud.faults.clear();
    cloud.clock.advance(HOUR_MS);
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
  });
});

describe('backpressure and budget', () => {
  it('leaves polls out while the analyzer is behind, and says so', async () => {
    await start({ collect: { maxQueueDepth: 1 } });
    await sink?.close();
    for (const kind of ['sites', 'wan-ports'] as const) expect(await poll(kind, 'schedule')).toMatchObject({ is: 'done' });
    expect(await poll('gateways', 'schedule')).toMatchObject({ is: 'failed', code: 'ANALYZER_BEHIND' });
    const { code, reason, holder } = await state('gateways');
    expect([code, holder]).toEqual(['ANALYZER_BEHIND', null]);
    expect(reason).toContain('analyzer behind: 2 batches wait');
  });

  it('does not begin what the hour cannot pay for', async () => {
    await start({ collect: { budget: { callsPerHour: 10, usePercent: 30 } } });
    for (const kind of ['sites', 'site-groups', 'gateways'] as const) await poll(kind, 'schedule');
    const calls = cloud.requests.count(/./);
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'failed', code: 'BUDGET_EXHAUSTED' });
    expect((await state('wan-ports')).reason).toMatch(/^Budget exhausted/);
    expect(cloud.requests.count(/./)).toBe(calls);
    cloud.clock.advance(HOUR_MS);
    expect(await poll('wan-ports', 'schedule')).toMatchObject({ is: 'done' });
  });
});

describe('SLE detail', () => {
  async function score(site: string, metric: string, severity: string): Promise<void> {
    await rig.database.query(
      `with s as (
         insert into site (org_id, external_id) select id, $1 from org limit 1
         on conflict (org_id, external_id) do update set external_id = excluded.external_id returning org_id, id)
       insert into site_sle (org_id, site_id, metric, at, score, severity, title, text) select org_id, id, $2, now(), 0.5, $3, '', '' from s`,
      [site, metric, severity],
    );
  }

  it('is read for the worst sites first, as many as the setting allows', async () => {
    await start({ collect: { sleDetailMaxSites: 2 } });
    await pollNow('sites');
    const sites = (await waitFor(() => batchesOf('sites')[0])).records as { id: string }[];
    const [a, b, c, d] = sites.map(({ id }) => id) as [string, string, string, string];
    await score(a, 'coverage', 'warning');
    await score(b, 'successful-connect', 'critical');
    await score(b, 'capacity', 'warning');
    await score(c, 'coverage', 'info');
    await score(d, 'throughput', 'major');
    expect(await pollNow('sle-detail')).toMatchObject({ is: 'done', pages: 2, records: 3 });
    await committed('sle-detail');
    const mapped = batchesOf('sle-detail').map((batch) =>
      mapBatch(batch.kind as CollectKind, batch.records ?? [], batch.observedAt, batch.context),
    );
    expect(mapped.flatMap(({ setAside }) => setAside)).toEqual([]);
    expect(mapped.flatMap<unknown>(({ records }) => records)).toMatchObject([
      { siteId: b, metric: 'successful-connect' },
      { siteId: b, metric: 'capacity' },
      { siteId: d, metric: 'throughput' },
    ]);
  });

  it('leaves out a bad site and goes on', async () => {
    await start();
    await pollNow('sites');
    const sites = (await waitFor(() => batchesOf('sites')[0])).records as { id: string }[];
    const [bad, good] = sites.map(({ id }) => id) as [string, string];
    await score(bad, 'coverage', 'critical');
    await score(good, 'coverage', 'warning');
    cloud.faults.add({ kind: 'html', path: `*/sites/${bad}/*/summary*` });
    expect(await pollNow('sle-detail')).toMatchObject({ is: 'done', pages: 1, records: 1 });
    await committed('sle-detail');
    expect(batchesOf('sle-detail').map(({ context }) => context?.['siteId'])).toEqual([good]);
  });
});
