import { importFile } from '../imports/import-file.js';
import { IngestScene, MAC, portRow } from '../ingest/ingest.fixture.js';
import { UpkeepService } from '../upkeep/upkeep.service.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 2, 2, 8);
/** A hundredth of what 100 Mbps carry in five minutes. */
const PERCENT = (100 * 125_000 * 300) / 100;

let scene: IngestScene;
let bytes: number;
const open = async (configuration = '{}'): Promise<void> => {
  scene = await IngestScene.open(T0, configuration);
  bytes = 1e9;
};
afterEach(() => scene.close());

/** Polls every five minutes from the clock's time to `hours` later, at this utilization; `null` = nothing is heard. */
async function run(hours: number, pct: number | null, more: object = {}): Promise<void> {
  const end = scene.clock.now() + hours * HOUR;
  while (scene.clock.now() < end) {
    if (pct !== null) {
      await scene.commit('wan-ports', [
        portRow('ge-0/0/0', { speed: 100, full_duplex: true, rx_bytes: Math.round(bytes), tx_bytes: 1, ...more }),
      ]);
      bytes += PERCENT * pct;
    }
    scene.clock.advance(5 * MINUTE);
  }
  if (pct !== null)
    await scene.commit('wan-ports', [
      portRow('ge-0/0/0', { speed: 100, full_duplex: true, rx_bytes: Math.round(bytes), tx_bytes: 1, ...more }),
    ]);
  await scene.get(UpkeepService).closeHours('org-1');
}

const history = async (rule: string): Promise<string[]> => {
  const rows = await scene.database.query<{ line: string }>(
    `select to_char(c.at at time zone 'UTC', 'HH24:MI') || ' ' || c.to_status || ' ' || c.severity || ' ' || c.reason as line
     from alert_change c join alert a on a.org_id = c.org_id and a.id = c.alert_id where a.rule = $1 order by a.id, c.seq`,
    [rule],
  );
  return rows.map(({ line }) => line);
};

describe('congestion', () => {
  it('is told after two closed hours at the threshold, and ends after two below the clear threshold', async () => {
    await open();
    await run(1, 85);
    expect(await history('congestion')).toEqual(['09:00 pending major breach-began']);
    await run(1, 92);
    await run(1, 75);
    await run(1, 60);
    expect(await history('congestion')).toEqual(['09:00 pending major breach-began', '10:00 firing critical breach-lasted']);
    await run(1, 60);
    expect((await history('congestion')).at(-1)).toBe('13:00 resolved critical good-lasted');
    const [change] = await scene.database.query<{ data: unknown }>(
      `select data from alert_change where reason = 'breach-lasted'`,
    );
    expect(change?.data).toMatchObject({ metric: 'utilization', threshold: 90, hour: T0 + HOUR, breached: true });
  }, 60_000);

  it('says nothing twice, whoever judges again', async () => {
    await open();
    await run(3, 85);
    const before = await history('congestion');
    for (let i = 0; i < 3; i += 1) await scene.get(UpkeepService).closeHours('org-1');
    await Promise.all([1, 2, 3].map(() => scene.get(UpkeepService).closeHours('org-1')));
    expect(await history('congestion')).toEqual(before);
    expect(before).toEqual(['11:00 firing major breach-lasted']);
  }, 60_000);

  it('neither begins nor ends in hours nobody knows of', async () => {
    await open();
    await run(2, 85);
    await run(4, null);
    expect(await history('congestion')).toEqual(['10:00 firing major breach-lasted']);
  }, 60_000);

  it('counts hours whose data came late, and opens nothing about those that are over', async () => {
    await open();
    await run(1, 20);
    const late = async (from: number, to: number, pct: number): Promise<void> => {
      for (let at = from + 5 * MINUTE; at <= to; at += 5 * MINUTE) {
        bytes += PERCENT * pct;
        await scene.commit(
          'wan-ports',
          [portRow('ge-0/0/0', { speed: 100, full_duplex: true, rx_bytes: Math.round(bytes), tx_bytes: 1 })],
          at,
        );
      }
      await scene.get(UpkeepService).closeHours('org-1');
    };
    await run(8, null);
    await late(T0 + HOUR, T0 + 4 * HOUR, 85);
    await late(T0 + 4 * HOUR, T0 + 5 * HOUR, 20);
    expect((await history('congestion')).filter((line) => !line.includes('pending') && !line.includes('good-before'))).toEqual(
      [],
    );
    await late(T0 + 7 * HOUR, T0 + 9 * HOUR, 92);
    expect((await history('congestion')).at(-1)).toBe('17:00 firing critical breach-lasted');
  }, 60_000);

  it('of an import alarms nobody', async () => {
    await open();
    await run(1, 5);
    const hours = [6, 7, 8].map((hour) => `2026-03-02T0${hour}:00:00Z,site-1,${MAC},ge-0/0/0,42750000000,1,3600`);
    await importFile({
      database: scene.database,
      orgExternalId: 'org-1',
      now: scene.clock.now(),
      format: 'csv',
      kind: 'circuit-hours',
      text: ['hour,site_id,mac,port_id,rx_bytes,tx_bytes,covered_s', ...hours].join('\n'),
    });
    await scene.get(UpkeepService).closeHours('org-1');
    expect(await history('congestion')).toEqual([]);
  }, 60_000);
});

describe('rules of the configuration', () => {
  it('judge their own figure in their own scope, and end when the port is switched off', async () => {
    await open(
      'rules:\n  - { id: congestion, enabled: false }\n' +
        '  - { id: busy, name: Busy line, metric: utilization, threshold: 20, severity: warning, badCount: 1, match: { sites: [site-1] }, runbookUrl: "https://wiki.example.com/busy" }\n' +
        '  - { id: elsewhere, metric: utilization, threshold: 20, match: { sites: [site-2] } }',
    );
    await run(2, 85);
    expect(await scene.database.query('select rule, severity, details from alert')).toMatchObject([
      {
        rule: 'custom:busy',
        severity: 'warning',
        details: { ruleName: 'Busy line', runbookUrl: 'https://wiki.example.com/busy', threshold: 20 },
      },
    ]);
    await run(1, 85, { disabled: true });
    expect((await history('custom:busy')).at(-1)).toMatch(/resolved warning rule-disabled/);
  }, 60_000);
});
