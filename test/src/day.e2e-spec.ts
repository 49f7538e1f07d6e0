import 'reflect-metadata';
import type { ChildProcess } from 'node:child_process';
import { requireOrg, storeCircuitAttributes } from '@app/shared';
import { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 3);
const END = START + 24 * HOUR;
const at = (hours: number, minutes = 0): number => START + hours * HOUR + minutes * MINUTE;

/** Site 0: DHCP trouble. Site 1: its primary goes down for 25 minutes. Site 2: its gateway cannot reach the cloud for three quarters of
 * an hour. */
const INCIDENTS = [
  { kind: 'dhcp-trouble', site: 0, from: at(5), to: at(8), lossPct: 60 },
  { kind: 'circuit-down', site: 1, portId: 'ge-0/0/0', from: at(10, 3), to: at(10, 28) },
  { kind: 'site-down', site: 2, from: at(14, 7), to: at(14, 52), reboots: false },
  { kind: 'failover', site: 1, from: at(17, 2), to: at(17, 38) },
] as const;

/** One when each trouble began, one when it was over. The two WAN outages also spoil the WAN service levels of their hour: troubles of their own. */
const EXPECTED_MAILS = [
  '[CRITICAL] store-0001: service levels critical',
  '[RECOVERED] store-0001: service levels critical',
  '[MAJOR] store-0002: circuit WAN0 down',
  '[RECOVERED] store-0002: circuit WAN0 down',
  '[MAJOR] store-0002: service levels degraded',
  '[RECOVERED] store-0002: service levels degraded',
  '[CRITICAL] store-0003: site down',
  '[RECOVERED] store-0003: site down',
  '[CRITICAL] store-0003: service levels critical',
  '[RECOVERED] store-0003: service levels critical',
  '[MAJOR] store-0002: failed over to WAN1',
  '[RECOVERED] store-0002: failed over to WAN1',
];

interface FactRow {
  readonly mac: string;
  readonly port_id: string;
  readonly hour: Date;
  readonly rx_bytes: number;
  readonly tx_bytes: number;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number;
}

/** What only the operator knows. */
async function loadRoles({ database, cloud, orgId }: World): Promise<void> {
  const org = await requireOrg(database, orgId);
  const rows = cloud.truth.circuits(orgId).map(({ mac, portId, role }) => ({ ...UNSAID, mac, portId, role }));
  await storeCircuitAttributes(database, org.id, { rows, at: new Date(START), actor: 'test' });
}
const UNSAID = {
  siteId: null,
  since: null,
  name: null,
  provider: null,
  type: null,
  bandwidthDownMbps: null,
  bandwidthUpMbps: null,
};

describe('a simulated day, every batch delivered twice, the analyzer killed in the middle, SMTP away for ten minutes', () => {
  let world: World;
  let analyzer: ChildProcess;
  let facts: FactRow[];

  beforeAll(async () => {
    world = await World.start({ startAt: START, sites: 3, incidents: () => INCIDENTS, without: ['analyzer'] });
    analyzer = await world.spawn('analyzer');
    world.deliverTwice();
    await world.live(START, END, async (now) => {
      if (now === START) await loadRoles(world);
      // The circuit's outage is told at 10:05 or 10:10: the mail server is away then.
      if (now === at(10, 0)) world.sink.setFault('refuse');
      if (now === at(10, 20)) world.sink.setFault(null);
      if (now === at(12)) {
        analyzer.kill('SIGKILL');
        analyzer = await world.spawn('analyzer');
      }
    });
    facts = await world.database.query<FactRow>(
      'select c.mac, c.port_id, h.hour, h.rx_bytes, h.tx_bytes, h.up_ms, h.down_ms, h.flaps from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id order by h.hour',
    );
  }, 600_000);

  afterAll(() => world.stop());

  it('has a fact for every circuit and closed hour', () => {
    expect(facts).toHaveLength(6 * 24);
  });

  it('has the minutes and flaps that really happened', () => {
    const seen = facts.map((row) => ({
      key: `${row.mac} ${row.port_id} ${row.hour.toISOString()}`,
      up: row.up_ms / MINUTE,
      down: row.down_ms / MINUTE,
      flaps: row.flaps,
    }));
    const real = facts.map((row) => {
      const truth = world.cloud.truth.circuitHour(world.orgId, row.mac, row.port_id, row.hour.getTime());
      return {
        key: `${row.mac} ${row.port_id} ${row.hour.toISOString()}`,
        up: expect.closeTo(truth.upMinutes, 3) as number,
        down: expect.closeTo(truth.downMinutes, 3) as number,
        flaps: truth.flaps,
      };
    });
    expect(seen).toEqual(real);
  });

  it('has the bytes that really flowed, wherever the gateway could be heard', () => {
    for (const row of facts) {
      const truth = world.cloud.truth.circuitHour(world.orgId, row.mac, row.port_id, row.hour.getTime());
      if (truth.cutOffMinutes > 0) continue;
      expect(Math.abs(row.rx_bytes - truth.rxBytes)).toBeLessThanOrEqual(2);
      expect(Math.abs(row.tx_bytes - truth.txBytes)).toBeLessThanOrEqual(2);
    }
  });

  it('has the failovers that really happened, each found within a poll of its start and end', async () => {
    const stored = await world.database.query<{ site: string; start: Date; end: Date; trigger: string; rx_bytes: number }>(
      `select s.external_id as site, f.started_at as start, f.ended_at as "end", f.trigger, f.rx_bytes from failover f
       join site s on s.org_id = f.org_id and s.id = f.site_id order by f.started_at`,
    );
    const real = world.cloud.truth
      .sites(world.orgId)
      .flatMap(({ siteId }) => world.cloud.truth.failovers(siteId).map((span) => ({ site: siteId, ...span })))
      .sort((a, b) => a.fromMs - b.fromMs);
    expect(stored.map(({ site }) => site)).toEqual(real.map(({ site }) => site));
    stored.forEach(({ start, end, trigger, rx_bytes }, i) => {
      const span = real[i] ?? { fromMs: 0, toMs: 0 };
      // An event tells its own time.
      expect(start.getTime() - span.fromMs).toBeLessThanOrEqual(trigger === 'event' ? 0 : 5 * MINUTE);
      expect(end.getTime() - span.toMs).toBeLessThanOrEqual(5 * MINUTE);
      expect(Math.min(start.getTime() - span.fromMs, end.getTime() - span.toMs)).toBeGreaterThanOrEqual(0);
      expect(rx_bytes).toBeGreaterThan(0);
    });
    expect(stored.map(({ trigger }) => trigger)).toEqual(['event', 'poll']);
  });

  it('sent one mail when each trouble began and one when it was over', () => {
    const subjects = world.sink.mails.map((mail) => mail.subject ?? '');
    expect(subjects).toEqual(EXPECTED_MAILS);
    expect(new Set(world.sink.mails.map((mail) => mail.messageId)).size).toBe(EXPECTED_MAILS.length);
  });

  it('kept no batch waiting and no job parked', async () => {
    expect(await world.database.query('select * from dead_job')).toEqual([]);
    expect(await world.database.query('select * from parked_record')).toEqual([]);
  });
});
