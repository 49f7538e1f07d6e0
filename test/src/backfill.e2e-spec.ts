import 'reflect-metadata';
import { BackfillRequests, CollectService } from '@app/collector';
import type { BackfillKind, BackfillProgress, Row } from '@app/shared';
import { waitFor } from '@app/testing';
import { World } from './world.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 3, 2);
/** The last poll before the collector is away, and the first one after. */
const AWAY_FROM = START + HOUR + 10 * MINUTE;
const BACK_AT = START + 6 * HOUR + 20 * MINUTE;
/** A bit rate is a whole number, so that an hour's bytes are off by this much at most. */
const ROUNDING = 3600 / 8;

interface Fact extends Row {
  readonly mac: string;
  readonly port_id: string;
  readonly hour: Date;
  readonly source: string;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly covered_ms: number;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number | null;
  readonly utilization_pct: number | null;
  readonly latency_avg: number | null;
}

describe('a collector that was away for five hours', () => {
  let world: World;
  let before: Fact[];
  let after: Fact[];
  let mailsBefore: number;
  let backfill: BackfillProgress;

  const facts = (): Promise<Fact[]> =>
    world.database.query<Fact>(
      `select c.mac, c.port_id, h.hour, h.source, h.rx_bytes, h.tx_bytes, h.covered_ms, h.up_ms, h.down_ms, h.flaps, h.utilization_pct, h.latency_avg
       from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id where h.hour >= $1 and h.hour < $2 order by h.hour, c.mac, c.port_id`,
      [new Date(START), new Date(START + 6 * HOUR)],
    );

  async function run(kinds: readonly BackfillKind[]): Promise<BackfillProgress> {
    const requests = world.stack.worker('collector').app.get(BackfillRequests, { strict: false });
    const id = await requests.request(world.orgId, { from: new Date(START), to: new Date(BACK_AT), kinds });
    return waitFor(
      async () => {
        await requests.run(world.orgId);
        const progress = await requests.progress(world.orgId, id);
        return progress?.state === 'finished' ? progress : undefined;
      },
      { timeoutMs: 60_000, describe: 'the end of the backfill' },
    );
  }

  beforeAll(async () => {
    world = await World.start({
      startAt: START,
      sites: 3,
      incidents: () => [
        { kind: 'circuit-down', site: 1, portId: 'ge-0/0/0', from: START + 3 * HOUR, to: START + 3 * HOUR + 30 * MINUTE },
      ],
    });
    await world.live(START, AWAY_FROM);
    await world.live(BACK_AT, BACK_AT);
    before = await facts();
    mailsBefore = world.sink.mails.length;
    backfill = await run(['device-events', 'wan-hours', 'sle-wifi', 'sle-wan']);
    after = await facts();
  }, 240_000);

  afterAll(() => world.stop());

  it('misses hours before, and none afterwards', () => {
    expect(new Set(before.slice(2 * 6, 5 * 6).map(({ covered_ms }) => covered_ms))).toEqual(new Set([0]));
    expect(new Set(after.map(({ covered_ms }) => covered_ms))).toEqual(new Set([HOUR]));
    expect(after).toHaveLength(6 * 6);
    expect(backfill).toMatchObject({ stepsFailed: 0, state: 'finished' });
  });

  it("has the bytes of the simulated cloud's truth, within the rounding of a bit rate", () => {
    const made = after.filter(({ source }) => source === 'mist');
    expect(made.length).toBeGreaterThanOrEqual(5 * 6 - 6);
    for (const { mac, port_id, hour, rx_bytes, tx_bytes, utilization_pct } of made) {
      const truth = world.cloud.truth.circuitHour(world.orgId, mac, port_id, hour.getTime());
      expect(Math.abs((rx_bytes ?? Number.NaN) - truth.rxBytes)).toBeLessThanOrEqual(ROUNDING);
      expect(Math.abs((tx_bytes ?? Number.NaN) - truth.txBytes)).toBeLessThanOrEqual(ROUNDING);
      expect(utilization_pct).not.toBeNull();
    }
    expect(made.filter(({ latency_avg }) => latency_avg !== null).length).toBeGreaterThan(0);
  });

  it('leaves what its own samples cover', () => {
    const sampled = after.filter(({ hour }) => hour.getTime() === START);
    expect(sampled).toEqual(before.filter(({ hour }) => hour.getTime() === START));
    expect(new Set(sampled.map(({ source }) => source))).toEqual(new Set(['samples']));
  });

  it('learns from the events what happened meanwhile, and says of the rest that it does not know', () => {
    const down = after.filter(({ down_ms }) => down_ms > 0);
    expect(down.map(({ hour, down_ms, flaps }) => [hour.getTime() - START, down_ms, flaps])).toEqual([
      [3 * HOUR, 30 * MINUTE, 2],
    ]);
  });

  it('keeps the hourly scores, and tells nobody of what is past', async () => {
    const rows = await world.database.query<{ hours: number }>(
      `select count(distinct at)::int as hours from sle_sample where metric = 'coverage' and at between $1 and $2`,
      [new Date(START + 2 * HOUR), new Date(BACK_AT - MINUTE)],
    );
    expect(rows[0]?.hours).toBe(4);
    expect(world.sink.mails).toHaveLength(mailsBefore);
  });

  it('changes nothing when it is asked for again, and polls go on', async () => {
    const again = await run(['device-events', 'wan-hours']);
    expect(again).toMatchObject({ stepsFailed: 0, steps: 1 });
    expect(await facts()).toEqual(after);
    const collect = world.stack.worker('collector').app.get(CollectService, { strict: false });
    expect(await collect.runCycle(world.orgId, 'device-events')).toMatchObject({ is: 'done' });
  });
});
