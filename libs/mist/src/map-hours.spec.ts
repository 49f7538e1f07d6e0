import { mapWanHours } from './map-hours.js';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 2, 2, 8);
const NOW = START + 4 * HOUR_MS;
const envelope = { start: START / 1000, end: NOW / 1000, interval: 3600 };
const rt = ['2026-03-02 08:00:00+00:00', '2026-03-02T09:00:00Z', '2026-03-02T10:00:00.000Z', '2026-03-02T11:00:00Z'];
const port = { site_id: 's1', mac: '5C:5B:35:00:00:01', port_id: 'ge-0/0/0', quality: null };

const hoursOf = (stats: object, more: object = {}) => mapWanHours([{ ...port, stats, ...more }], NOW).records[0]?.hours;
const faultOf = (stats: unknown, more: object = {}) => mapWanHours([{ ...port, stats, ...more }], NOW).setAside[0]?.reason;

describe('hours of WAN ports', () => {
  it('are read from a list per metric, without the hour that may still change', () => {
    const hours = hoursOf({ ...envelope, rt, rx_bps: [800, null, 0, 7], tx_bps: [80, 90, 100, 7], max_rx_bps: [1600] });
    expect(hours?.map(({ hour, rxBps, txBps, maxRxBps }) => [(hour - START) / HOUR_MS, rxBps, txBps, maxRxBps])).toEqual([
      [0, 800, 80, 1600],
      [1, null, 90, null],
      [2, 0, 100, null],
    ]);
  });

  it('are read from results with an object a bucket, with times from the start where there are none', () => {
    const results = [{ rx_bps: 800, tx_bps: 80 }, { rx_bps: null }, {}, { rx_bps: 5 }];
    const hours = hoursOf({ ...envelope, start: START / 1000 - 600, results });
    expect(hours?.map(({ hour, rxBps }) => [(hour - START) / HOUR_MS, rxBps])).toEqual([
      [0, 800],
      [1, null],
      [2, null],
    ]);
  });

  it('hold the quality that Mist reckoned over the paths, and nothing where a link has no probes', () => {
    const quality = { ...envelope, rt, results: [], avg_latency: [20.5, null], avg_jitter: [1, 2], avg_loss: [0, 100] };
    expect(hoursOf({ ...envelope, rt, rx_bps: [8, 8], tx_bps: [8, 8] }, { quality })?.[0]).toMatchObject({
      latencyMs: 20.5,
      jitterMs: 1,
      lossPct: 0,
    });
    const none = { ...envelope, results: [], rt: [], avg_latency: [], avg_jitter: [], avg_loss: [] };
    expect(hoursOf({ ...envelope, rt, rx_bps: [8], tx_bps: [8] }, { quality: none })?.[0]).toMatchObject({ latencyMs: null });
    expect(hoursOf(none)).toEqual([]);
  });

  it('are folded from shorter intervals, when every one of them is told', () => {
    const stats = {
      ...envelope,
      interval: 1200,
      rx_bps: [3, 6, 9, 3, null, 9],
      tx_bps: [3, 3, 3, 3, 3, 3],
      max_rx_bps: [4, 9, 5, 1, 1, 1],
    };
    expect(hoursOf(stats)?.map(({ rxBps, txBps, maxRxBps }) => [rxBps, txBps, maxRxBps])).toEqual([
      [6, 3, 9],
      [null, 3, 1],
    ]);
  });

  it.each([
    [[], 'stats: the answer is not an object'],
    [{ ...envelope, interval: 7200 }, 'stats: interval must divide an hour, but is 7200'],
    [{ ...envelope, rt, rx_bps: [1, -5] }, 'stats: rx_bps[1] must be a figure or null, but is -5'],
    [{ ...envelope, rt, rx_bps: ['1'] }, 'stats: rx_bps[0] must be a figure or null, but is "1"'],
    [{ ...envelope, rt: ['soon'], rx_bps: [1] }, 'stats: rt[0] must be the start of an interval, but is "soon"'],
    [
      { ...envelope, rt: ['2026-03-02T08:10:00Z'], rx_bps: [1] },
      'stats: rt[0] must be the start of an interval, but is "2026-03-02T08:10:00Z"',
    ],
    [{ ...envelope, rt: [rt[0]], rx_bps: [1, 2] }, 'stats: rt has 1 times for 2 values'],
    [{ ...envelope, rt, results: [10, 11] }, 'stats: rx_bps[0] must be a figure or null, but is [10]'],
    [{ interval: 3600, rx_bps: [1] }, 'stats: neither rt nor start tells the times'],
  ])('are set aside with what is wrong: %j', (stats, reason) => {
    expect(faultOf(stats)).toBe(reason);
  });

  it('name the port they belong to', () => {
    expect(mapWanHours([{ ...port, mac: '', stats: envelope }, 7], NOW).setAside.map(({ reason }) => reason)).toEqual([
      'site_id, mac and port_id must be texts',
      'the record is not an object',
    ]);
    expect(mapWanHours([{ ...port, stats: envelope }], NOW).records[0]?.mac).toBe('5c5b35000001');
  });
});
