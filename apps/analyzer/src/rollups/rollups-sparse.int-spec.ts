import { DAY_MS, HOUR_MS } from '@app/domain';
import { randomOf, RollupScene, someHour } from './rollups.fixture.js';

const FROM = Date.UTC(2026, 0, 1);
const NOW = Date.UTC(2026, 2, 10);
const CIRCUITS = 40;
const DAYS = 45;

let scene: RollupScene;
beforeEach(async () => {
  scene = await RollupScene.open('Asia/Kolkata');
}, 60_000);
afterEach(() => scene.close());

const mark = (circuitId: number, hour: number): Promise<unknown> =>
  scene.database.query('insert into rollup_mark (org_id, circuit_id, from_hour, to_hour) values ($1, $2, $3, $3)', [
    scene.org.id,
    circuitId,
    new Date(hour),
  ]);

describe('late hours of many circuits, each on another day', () => {
  it('are folded as if all had come in time', async () => {
    const { circuits, sites } = await scene.place(CIRCUITS, 4);
    const random = randomOf(11);
    const hours = circuits.flatMap((circuitId, i) =>
      Array.from({ length: DAYS * 4 }, (_, h) =>
        someHour(random, { circuitId, siteId: sites[i % sites.length] ?? 0, hour: FROM + h * 6 * HOUR_MS }),
      ),
    );
    await scene.tell(hours);
    await scene.drain(NOW);
    const whole = await scene.dump();
    await scene.database.query(`update circuit_day set util_max = -1, flaps = 999, region = 'nowhere'`);
    for (const [i, circuitId] of circuits.entries()) await mark(circuitId, FROM + (i % DAYS) * DAY_MS + 2 * HOUR_MS);
    const { circuitDays } = await scene.drain(NOW);
    expect(circuitDays).toBe(CIRCUITS);
    const left = await scene.database.query(`select circuit_id from circuit_day where region <> 'nowhere'`);
    expect(left).toHaveLength(CIRCUITS);
    for (const circuitId of circuits)
      for (let day = -1; day <= DAYS; day++) await mark(circuitId, FROM + day * DAY_MS + 2 * HOUR_MS);
    await scene.drain(NOW);
    const groups = await scene.database.query(`select key from group_day where key = 'nowhere'`);
    expect(groups).toEqual([]);
    expect(await scene.dump()).toEqual(whole);
  }, 120_000);

  it('keep sums of bytes exact that no double holds', async () => {
    const { circuits, sites } = await scene.place(1, 1);
    const base = someHour(() => 0.5, { circuitId: circuits[0] ?? 0, siteId: sites[0] ?? 0, hour: FROM });
    const most = Number.MAX_SAFE_INTEGER;
    await scene.tell(
      Array.from({ length: 24 * 31 }, (_, h) => ({
        ...base,
        fact: { ...base.fact, hour: FROM + h * HOUR_MS, rxBytes: most, txBytes: h === 0 ? 12_345_678_901 : 0 },
      })),
    );
    await scene.drain(NOW);
    await mark(circuits[0] ?? 0, FROM);
    await scene.drain(NOW);
    const [sums] = await scene.database.query<Record<'days' | 'months' | 'sent', string>>(
      `select (select sum(rx_bytes)::text from circuit_day) as days, (select sum(rx_bytes)::text from circuit_month) as months,
         (select sum(tx_bytes)::text from circuit_month) as sent`,
    );
    const all = (BigInt(most) * 24n * 31n).toString();
    expect(sums).toEqual({ days: all, months: all, sent: '12345678901' });
  }, 60_000);
});
