import { HOUR_MS, MINUTE_MS, statusOf, type AlertState } from '@app/domain';
import { Database, linkCircuits, type LinkOutcome } from '@app/shared';
import { createTestDatabase } from '@app/testing';
import { deliver, inputOf, MACS, makeWorld, PORTS, sampleAt, type Observation, type World } from '../facts/facts.fixture.js';
import { FactsService } from '../facts/facts.service.js';
import { rederiveDue } from './rederive-due.js';

const START = Date.UTC(2026, 2, 10);
const SEAM = START + 3 * HOUR_MS;
const NOW = START + 6 * HOUR_MS + 10 * MINUTE_MS;
const OLD = `${MACS[0] ?? ''}:${PORTS[0] ?? ''}`;
const NEW = `${MACS[1] ?? ''}:${PORTS[0] ?? ''}`;

const path = (device: number, at: number, latencyMs: number): Observation => ({
  of: 'path',
  device,
  portName: PORTS[0] ?? '',
  sample: { at, peer: 'far|x', up: true, active: true, latencyMs, jitterMs: 1, lossPct: 0, mos: null, mtu: null },
});

/** Polls every ten minutes, with a path beside each and a read of the org. */
const polls = (
  circuit: number,
  device: number,
  { from, to, latencyMs }: { from: number; to: number; latencyMs: number },
): Observation[] => {
  const list: Observation[] = [];
  for (let at = from; at < to; at += 10 * MINUTE_MS)
    list.push({ of: 'sample', circuit, sample: sampleAt(at, { rxBytes: at - from, txBytes: 0 }) }, path(device, at, latencyMs), {
      of: 'read',
      at,
    });
  return list;
};

describe('a live circuit whose gateway is replaced', () => {
  let database: Database;
  let drop: () => Promise<void>;
  let world: World;
  beforeEach(async () => {
    const created = await createTestDatabase();
    drop = () => created.drop();
    database = new Database({ url: created.url });
    world = await makeWorld(database, 'org-1');
    // The new gateway lay claimed and unplugged for a week; the old one was cut off when it was taken away, and never came back.
    const batch: Observation[] = [
      { of: 'device', device: 1, at: START - 100 * HOUR_MS, connected: false },
      ...polls(0, 0, { from: START, to: SEAM - 20 * MINUTE_MS, latencyMs: 20 }),
      { of: 'device', device: 0, at: SEAM - 15 * MINUTE_MS, connected: false },
      { of: 'device', device: 1, at: SEAM, connected: true },
      ...polls(2, 1, { from: SEAM, to: NOW, latencyMs: 40 }),
    ];
    await deliver(database, inputOf(world, batch, { now: NOW }));
    await database.query('update device set connected = mac = $1, connected_since = $2', [
      MACS[1],
      new Date(SEAM - 15 * MINUTE_MS),
    ]);
  });
  afterEach(async () => {
    await database.close();
    await drop();
  });

  const link = async (): Promise<LinkOutcome> => {
    const asked = { oldId: OLD, newId: NEW, at: null, isForced: false, isDryRun: false, now: NOW, actor: 'test' };
    const result = await linkCircuits(database, { orgId: world.orgId, ...asked });
    if (result.outcome === 'refused') throw new Error(result.reason);
    await rederiveDue(database, new FactsService(database), { orgId: world.orgId, now: NOW });
    return result;
  };
  const hours = () =>
    database.query<{ up: number; latency: number | null }>(
      `select up_ms / 60000 as up, latency_avg as latency from circuit_hour where circuit_id = $1 order by hour`,
      [world.circuits[0]],
    );

  it('keeps the quality of the old gateway, and counts the cut-offs of whichever carried it', async () => {
    const before = (await hours()).slice(0, 2);
    expect(before).toEqual([
      { up: 60, latency: 20 },
      { up: 60, latency: 20 },
    ]);
    expect((await link()).moved).toMatchObject({ samples: 19, paths: 16 });
    const after = await hours();
    expect(after.slice(0, 2)).toEqual(before);
    // Cut off from 2:45 until the new gateway took over.
    expect(after.slice(2)).toEqual([{ up: 45, latency: 20 }, ...Array.from({ length: 3 }, () => ({ up: 60, latency: 40 }))]);
  });

  it('takes late paths and late cut-offs of the old gateway', async () => {
    await link();
    const late: Observation[] = [
      { of: 'device', device: 0, at: START + HOUR_MS, connected: false },
      { of: 'device', device: 0, at: START + 2 * HOUR_MS, connected: true },
    ];
    await deliver(database, inputOf(world, late, { now: NOW }));
    expect((await hours())[1]).toMatchObject({ up: 0 });
  });

  it('lets open alerts go on: moved, or ended where both had one', async () => {
    const firing: AlertState = {
      kind: 'firing',
      observedAt: NOW,
      breached: true,
      flips: [NOW],
      since: NOW,
      severity: 'critical',
      firedAt: NOW,
      acknowledgement: null,
    };
    for (const [rule, circuit] of [
      ['circuit-down', 0],
      ['circuit-down', 2],
      ['congestion', 2],
    ] as const)
      await database.query(
        `insert into alert (org_id, rule, subject, circuit_id, state, status, severity, since, fired_at, observed_at)
         values ($1, $2, 'circuit:' || $3::int, $3, $4, $5, 'critical', $6, $6, $6)`,
        [world.orgId, rule, world.circuits[circuit], JSON.stringify(firing), statusOf(firing), new Date(NOW)],
      );
    expect((await link()).moved.alerts).toBe(2);
    const alerts = await database.query(
      `select a.rule, a.status, a.circuit_id as circuit, c.reason from alert a left join alert_change c on c.alert_id = a.id order by a.id`,
    );
    const circuit = world.circuits[0];
    expect(alerts).toEqual([
      { rule: 'circuit-down', status: 'firing', circuit, reason: null },
      { rule: 'circuit-down', status: 'resolved', circuit, reason: 'circuit-linked' },
      { rule: 'congestion', status: 'firing', circuit, reason: null },
    ]);
    expect(await database.query('select seq from outbox')).toHaveLength(1);
  });

  it('waits for a batch under way, and two links at once do it once', async () => {
    const asked = { oldId: OLD, newId: NEW, at: null, isForced: false, isDryRun: false, now: NOW, actor: 'test' };
    const results = await Promise.all([1, 2].map(() => linkCircuits(database, { orgId: world.orgId, ...asked })));
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['linked', 'linked-before']);
  });
});
