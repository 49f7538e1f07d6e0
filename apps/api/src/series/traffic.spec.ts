import { countersOf, mbpsOf, trafficJson } from './traffic.js';

it.each([
  [33_750_000_000, 3_600_000, 75],
  [450_000_000, 36_000, 100],
  [0, 3_600_000, 0],
  [null, 3_600_000, null],
  [1000, 0, null],
])('makes %p bytes in %d ms %p Mbps', (bytes, ms, mbps) => {
  expect(mbpsOf(bytes, ms)).toBe(mbps);
});

it('tells the busiest interval of either direction, and whether a counter began anew', () => {
  const { peak, hasReset } = countersOf([
    { peakRxBps: null, peakTxBps: 5e6, counterReset: false },
    { peakRxBps: 92.5e6, peakTxBps: 4e6, counterReset: true },
    { peakRxBps: 80e6, peakTxBps: null, counterReset: false },
  ]);
  expect(trafficJson({ rxBytes: 33_750_000_000, txBytes: null, coveredMs: 3_600_000 }, peak)).toEqual({
    rx: { avg: 75, peak: 92.5 },
    tx: { avg: null, peak: 5 },
  });
  expect(hasReset).toBe(true);
  expect(countersOf([])).toEqual({ peak: { rx: null, tx: null }, hasReset: false });
});
