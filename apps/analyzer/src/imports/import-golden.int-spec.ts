import { readFileSync } from 'node:fs';
import { ImportScene } from './import.fixture.js';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../libs/domain/test-fixtures/golden/${name}.json`, import.meta.url), 'utf8'));

interface UtilizationCase {
  readonly case: string;
  readonly bandwidth_mbps: number;
  readonly interval_s: number;
  readonly rx_bytes_start_end: readonly [number, number];
  readonly tx_bytes_start_end: readonly [number, number];
  readonly expected_utilization_pct: number | null;
}

interface StatusCase {
  readonly case: string;
  readonly hour: string;
  readonly up_at_start: boolean;
  readonly events: readonly { readonly minute: number; readonly to: 'up' | 'down' }[];
  readonly expected: { readonly up_minutes: number; readonly down_minutes: number; readonly flap_count: number };
}

const UTILIZATION = golden('utilization') as { cases: readonly UtilizationCase[] };
const STATUS = golden('status_flaps_availability') as { hourly: readonly StatusCase[] };
const START = Date.parse('2026-01-26T10:00:00Z');
const iso = (at: number): string => new Date(at).toISOString();

let scene: ImportScene;
beforeAll(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterAll(() => scene.close());

describe('hand-worked numbers, brought in by files', () => {
  it('give the utilization of the hour, whether the bandwidth is loaded before or after', async () => {
    const { cases } = UTILIZATION;
    const bandwidths = [
      'site_id,mac,port_id,bandwidth_down_mbps',
      ...cases.map((c, i) => `s1,u${String(i)},p1,${String(c.bandwidth_mbps)}`),
    ];
    const samples = cases.flatMap((c, i) =>
      [0, 1].map(
        (end) =>
          `${iso(START + end * c.interval_s * 1000)},s1,u${String(i)},p1,true,${String(c.rx_bytes_start_end[end])},${String(c.tx_bytes_start_end[end])}`,
      ),
    );
    const header = 'timestamp,site_id,mac,port_id,up,rx_bytes,tx_bytes';
    const orders = [
      { org: 'before', kinds: ['circuits', 'port-samples'] },
      { org: 'after', kinds: ['port-samples', 'circuits'] },
    ] as const;
    for (const { org, kinds } of orders) {
      for (const kind of kinds) {
        const text = kind === 'circuits' ? bandwidths : [header, ...samples];
        expect(await scene.import(kind, text, { orgExternalId: org })).toMatchObject({ errors: [] });
      }
      const rows = await scene.database.query<{ mac: string; pct: number | null; covered: number }>(
        `select c.mac, h.utilization_pct as pct, h.covered_ms as covered from circuit_hour h join circuit c on c.org_id = h.org_id and c.id = h.circuit_id
         join org o on o.id = h.org_id where o.external_id = '${org}' and h.hour = '${iso(START)}'`,
      );
      const found = new Map(
        rows.map(({ mac, pct, covered }) => [mac, { pct: pct === null ? null : Number(pct.toFixed(9)), covered }]),
      );
      const expected = cases.map((c, i) => [`u${String(i)}`, { pct: c.expected_utilization_pct, covered: c.interval_s * 1000 }]);
      expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
    }
  });

  it('give minutes and flaps from events alone, with the state before the hour told by an older event', async () => {
    const rows = STATUS.hourly.flatMap((c, i) => {
      const hour = Date.parse(c.hour);
      const before = [hour - 7_200_000, c.up_at_start ? 'up' : 'down'] as const;
      // Something after the hour, so that the hour lies between the first and the last observation.
      const after = [hour + 3_600_000, 'up'] as const;
      const events = [before, ...c.events.map(({ minute, to }) => [hour + minute * 60_000, to] as const), after];
      return events.map(([at, state]) => `${iso(at)},s1,e${String(i)},p1,${state}`);
    });
    // Last line first: the order in a file means nothing.
    expect(await scene.import('port-events', ['timestamp,site_id,mac,port_id,state', ...rows.reverse()])).toMatchObject({
      errors: [],
      stored: rows.length,
    });
    const hours = await scene.hours('h.up_ms / 60000.0 as up, h.down_ms / 60000.0 as down, h.flaps');
    for (const [i, c] of STATUS.hourly.entries()) {
      const found = hours.find(({ mac, hour }) => mac === `e${String(i)}` && hour === '01-26 10');
      expect({ case: c.case, up: Number(found?.up), down: Number(found?.down), flaps: found?.flaps }).toEqual({
        case: c.case,
        up: c.expected.up_minutes,
        down: c.expected.down_minutes,
        flaps: c.expected.flap_count,
      });
    }
  });

  it('hold an imported event to the end of its hour and fill nothing after it', async () => {
    await scene.import('port-events', ['timestamp,site_id,mac,port_id,state', '2026-01-26T10:20:00Z,s1,lone,p1,up']);
    const hours = await scene.hours('h.up_ms / 60000.0 as up, h.down_ms as down');
    expect(hours.filter(({ mac }) => mac === 'lone').map(({ hour, up, down }) => [hour, Number(up), down])).toEqual([
      ['01-26 10', 40, 0],
    ]);
  });
});
