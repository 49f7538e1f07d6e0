import 'reflect-metadata';
import type { ChildProcess } from 'node:child_process';
import { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 3);
const END = START + 24 * HOUR;
const at = (hours: number, minutes = 0): number => START + hours * HOUR + minutes * MINUTE;

/** Site 0: DHCP trouble. Site 1: its primary goes down for 25 minutes. Site 2: its gateway cannot reach the cloud for three quarters of an hour. */
const INCIDENTS = [
  { kind: 'dhcp-trouble', site: 0, from: at(5), to: at(8), lossPct: 60 },
  { kind: 'circuit-down', site: 1, portId: 'ge-0/0/0', from: at(10, 3), to: at(10, 28) },
  { kind: 'site-down', site: 2, from: at(14, 7), to: at(14, 52), reboots: false },
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

describe('a simulated day, every batch delivered twice, the analyzer killed in the middle, SMTP away for ten minutes', () => {
  let world: World;
  let analyzer: ChildProcess;
  let facts: FactRow[];

  beforeAll(async () => {
    world = await World.start({ startAt: START, sites: 3, incidents: () => INCIDENTS, without: ['analyzer'] });
    analyzer = await world.spawn('analyzer');
    world.deliverTwice();
    await world.live(START, END, async (now) => {
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
