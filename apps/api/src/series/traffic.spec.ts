import { mbpsOf, peakOf, trafficJson } from './traffic.js';

it.each([
  [33_750_000_000, 3_600_000, 75],
  [450_000_000, 36_000, 100],
  [0, 3_600_000, 0],
  [null, 3_600_000, null],
  [1000, 0, null],
])('makes %p bytes in %d ms %p Mbps', (bytes, ms, mbps) => {
  expect(mbpsOf(bytes, ms)).toBe(mbps);
});

it('tells the busiest interval of either direction', () => {
  const peak = peakOf([
    { peakRxBps: null, peakTxBps: 5e6 },
    { peakRxBps: 92.5e6, peakTxBps: 4e6 },
    { peakRxBps: 80e6, peakTxBps: null },
  ]);
  expect(trafficJson({ rxBytes: 33_750_000_000, txBytes: null, coveredMs: 3_600_000 }, peak)).toEqual({
    rx: { avg: 75, peak: 92.5 },
    tx: { avg: null, peak: 5 },
  });
  expect(peakOf([])).toEqual({ rx: null, tx: null });
});
