import 'reflect-metadata';
import { renderSummaryReport, type ReportModel, type ReportSite } from '@app/domain';
import { loadReportModel, requireOrg } from '@app/shared';
import { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 3, 8);
const at = (hours: number, minutes = 0): number => START + hours * HOUR + minutes * MINUTE;

const reportAt = async (world: World, now: number): Promise<ReportModel> => {
  const org = await requireOrg(world.database, world.orgId);
  return loadReportModel(world.database, org.id, now, world.runtime.settings);
};

describe('a site whose only gateway vanishes', () => {
  let world: World;
  const seen: { now: number; site: ReportSite | undefined }[] = [];

  beforeAll(async () => {
    world = await World.start({
      startAt: START,
      sites: 3,
      incidents: () => [{ kind: 'site-down', site: 2, from: at(1, 2), to: at(9) }],
    });
    const siteId = world.cloud.truth.sites(world.orgId)[2]?.siteId;
    await world.live(START, at(4), async (now) => {
      if (now >= at(1, 5)) seen.push({ now, site: (await reportAt(world, now)).sites.find(({ id }) => id === siteId) });
    });
  }, 240_000);

  afterAll(() => world.stop());

  it('is never called healthy while it is away', () => {
    expect(seen.map(({ site }) => site?.status)).not.toContain('HEALTHY');
    expect(seen.length).toBeGreaterThan(30);
  });

  it('is told once, as a site that is down', () => {
    const about = world.sink.mails.filter((mail) => (mail.text ?? '').includes(seen[0]?.site?.name ?? '?'));
    expect(about.map((mail) => mail.subject)).toHaveLength(1);
    expect(about[0]?.subject).toMatch(/down/i);
  });

  it('has minutes that are neither up nor down', async () => {
    const rows = await world.database.query<{ up_ms: number; down_ms: number }>(
      `select h.up_ms, h.down_ms from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id
       join site s on s.org_id = c.org_id and s.id = c.site_id where s.external_id = $1 and h.hour >= $2`,
      [seen[0]?.site?.id, new Date(at(2))],
    );
    expect(rows).toEqual([0, 1, 2, 3].map(() => ({ up_ms: 0, down_ms: 0 })));
  });
});

const TROUBLES = [
  ['unauthorized', { kind: '401' }, 'token-trouble'],
  ['rate-limited', { kind: '429' }, 'token-trouble'],
  ['unanswered', { kind: '500' }, 'collector-stopped'],
] as const;

interface Unread {
  readonly before: ReportModel;
  readonly after: ReportModel;
  readonly alerts: readonly { rule: string; site_id: number | null }[];
}

async function unread(world: World, fault: (typeof TROUBLES)[number][1]): Promise<Unread> {
  await world.live(START, at(0, 15));
  const before = await reportAt(world, at(0, 15));
  world.cloud.faults.add(fault);
  await world.live(at(0, 20), at(1, 10));
  const after = await reportAt(world, at(1, 10));
  return { before, after, alerts: await world.database.query('select rule, site_id from alert') };
}

describe('an org whose polls fail', () => {
  const worlds: World[] = [];
  const found = new Map<string, Unread>();
  const of = (reason: string): Unread => found.get(reason) ?? raise(`Nothing was seen of the org that is ${reason}.`);

  beforeAll(async () => {
    // All at once: each of them mostly waits for answers that do not come.
    await Promise.all(
      TROUBLES.map(async ([reason, fault]) => {
        const world = await World.start({ startAt: START, sites: 3, configuration: 'collect:\n  timeoutMs: 2000\n' });
        worlds.push(world);
        found.set(reason, await unread(world, fault));
      }),
    );
  }, 240_000);

  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.stop()));
  });

  it.each(TROUBLES)('%s: had a status, and has none any more', (reason) => {
    const { before, after } = of(reason);
    expect(before.sites.map(({ status }) => status)).not.toContain('UNKNOWN');
    expect(after.sites.map(({ status }) => status)).toEqual(['UNKNOWN', 'UNKNOWN', 'UNKNOWN']);
  });

  it.each(TROUBLES)('%s: says how old the data is and why', (reason) => {
    const { after } = of(reason);
    expect(after.sites.map(({ staleReason }) => staleReason)).toEqual([reason, reason, reason]);
    expect(after.sites.every(({ dataAgeMs }) => dataAgeMs !== null && dataAgeMs >= 55 * MINUTE)).toBe(true);
    expect(renderSummaryReport(after)).toContain(reason);
  });

  it.each(TROUBLES)('%s: opened no alert for what nobody saw', (reason) => {
    const { before, alerts } = of(reason);
    expect(alerts.filter(({ site_id }) => site_id !== null)).toHaveLength(before.alerts.length);
  });

  it.each(TROUBLES)('%s: tells once that nothing is read, and why', (reason, _fault, rule) => {
    expect(of(reason).alerts.filter(({ site_id }) => site_id === null)).toEqual([{ rule, site_id: null }]);
  });
});

function raise(message: string): never {
  throw new Error(message);
}
