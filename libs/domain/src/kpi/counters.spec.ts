import { readFileSync } from 'node:fs';
import type { Bandwidth, HourFact } from '../circuit.js';
import type { PortSample } from '../sample.js';
import { configured, input, noBandwidth, poll, t } from './circuit-input.fixture.js';
import { hourFacts } from './facts.js';
import { DEFAULT_FACT_SETTINGS } from './input.js';

const facts = (polls: readonly PortSample[], hours: readonly string[], bandwidth: Bandwidth = noBandwidth()): HourFact[] =>
  hourFacts(input({ polls }), hours.map(t), () => bandwidth, DEFAULT_FACT_SETTINGS);
const fact = (polls: readonly PortSample[], hour: string, bandwidth?: Bandwidth): HourFact => {
  const [only] = facts(polls, [hour], bandwidth);
  if (only === undefined) throw new Error('no fact');
  return only;
};

interface UtilizationCase {
  case: string;
  bandwidth_mbps: number;
  interval_s: number;
  rx_bytes_start_end: [number, number];
  tx_bytes_start_end: [number, number];
  expected_utilization_pct: number | null;
}
const golden = JSON.parse(readFileSync(new URL('../../test-fixtures/golden/utilization.json', import.meta.url), 'utf8')) as {
  cases: UtilizationCase[];
};

describe('golden utilization', () => {
  it.each(golden.cases)('$case', (row) => {
    const [rx, tx] = [row.rx_bytes_start_end, row.tx_bytes_start_end];
    const polls = [
      poll('10:00', { rxBytes: rx[0], txBytes: tx[0] }),
      { ...poll('10:00', { rxBytes: rx[1], txBytes: tx[1] }), at: t('10:00') + row.interval_s * 1000 },
    ];
    const { utilizationPct } = fact(polls, '10:00', configured(row.bandwidth_mbps));
    if (row.expected_utilization_pct === null) expect(utilizationPct).toBeNull();
    else expect(utilizationPct).toBeCloseTo(row.expected_utilization_pct, 9);
  });
});

describe('bytes of an hour', () => {
  it('cuts an interval at the hour and splits its bytes by time, to whole bytes that add up', () => {
    const [nine, ten] = facts(
      [poll('09:50', { rxBytes: 0, txBytes: 5 }), poll('10:20', { rxBytes: 1000, txBytes: 15 })],
      ['09:00', '10:00'],
    );
    expect([nine?.rxBytes, ten?.rxBytes]).toEqual([333, 667]);
    expect([nine?.txBytes, ten?.txBytes]).toEqual([3, 7]);
    expect([nine?.coveredMs, ten?.coveredMs]).toEqual([600_000, 1_200_000]);
  });

  it('passes over a missing counter and runs the difference on, each direction for itself', () => {
    const polls = [
      poll('10:00', { rxBytes: 0, txBytes: 0 }),
      poll('10:20', { rxBytes: null, txBytes: 50 }),
      poll('10:40', { rxBytes: 900, txBytes: null }),
    ];
    expect(fact(polls, '10:00')).toMatchObject({ rxBytes: 900, txBytes: 50, coveredMs: 2_400_000 });
  });

  it('takes a difference over exactly 60 minutes, and none over more', () => {
    expect(fact([poll('10:00', { rxBytes: 0 }), poll('11:00', { rxBytes: 7 })], '10:00')).toMatchObject({
      rxBytes: 7,
      coveredMs: 3_600_000,
    });
    expect(fact([poll('10:00', { rxBytes: 0 }), poll('11:00:01', { rxBytes: 7 })], '10:00')).toMatchObject({
      rxBytes: null,
      coveredMs: 0,
      utilizationPct: null,
    });
    const overNull = [poll('10:00', { rxBytes: 0 }), poll('10:30', { rxBytes: null }), poll('11:10', { rxBytes: 7 })];
    expect(fact(overNull, '10:00')).toMatchObject({ rxBytes: null, coveredMs: 0 });
  });

  it('leaves a direction that has no covered time null, not 0', () => {
    expect(fact([poll('10:00', { txBytes: 1 }), poll('10:30', { txBytes: 1 })], '10:00')).toMatchObject({
      rxBytes: null,
      txBytes: 0,
      peakRxBps: null,
      peakTxBps: 0,
    });
  });

  it('keeps the rate of the busiest interval', () => {
    const polls = [poll('10:00', { rxBytes: 0 }), poll('10:10', { rxBytes: 6e9 }), poll('10:20', { rxBytes: 6.6e9 })];
    const ten = fact(polls, '10:00', configured(100));
    expect(ten.peakRxBps).toBeCloseTo(80e6, 3);
    expect(ten.peakUtilizationPct).toBeCloseTo(80, 9);
    expect(ten.utilizationPct).toBeCloseTo(44, 9);
  });
});

describe('a counter that falls', () => {
  const [old, fresh] = [2 ** 32 - 1000, 2000];
  const fall = (before: Partial<PortSample>, after: Partial<PortSample>, bandwidth: Bandwidth = configured(100)): HourFact =>
    fact([poll('10:00', { rxBytes: old, ...before }), poll('10:10', { rxBytes: fresh, ...after })], '10:00', bandwidth);

  it.each<[string, Partial<PortSample>, Partial<PortSample>, number, boolean]>([
    ['wraps at 32 bits', { counterBits: 32 }, { counterBits: 32 }, 3000, false],
    ['wraps without counter_bits from the upper half of 32 bits', {}, {}, 3000, false],
    ['wraps while uptime goes on', { uptimeS: 100 }, { uptimeS: 700 }, 3000, false],
    ['is a reset at 64 bits', { counterBits: 64 }, { counterBits: 64 }, 2000, true],
    ['is a reset when uptime fell', { uptimeS: 9000 }, { uptimeS: 300 }, 2000, true],
    ['is a reset without counter_bits from the lower half', { rxBytes: 2 ** 31 - 1 }, {}, 2000, true],
    [
      'wraps with counter_bits 32 from the lower half when it fits',
      { rxBytes: 2 ** 31 - 1, counterBits: 32 },
      { counterBits: 32 },
      2 ** 31 + 2001,
      false,
    ],
    ['is a reset from beyond 32 bits', { rxBytes: 2 ** 32 }, {}, 2000, true],
  ])('%s', (_name, before, after, bytes, isReset) => {
    expect(fall(before, after)).toMatchObject({ rxBytes: bytes, counterReset: isReset, coveredMs: 600_000 });
  });

  it('is a reset when the wrapped difference does not fit bandwidth x interval', () => {
    const polls = [poll('10:00', { rxBytes: 2 ** 31, counterBits: 32 }), poll('10:10', { rxBytes: 500, counterBits: 32 })];
    expect(fact(polls, '10:00', configured(10))).toMatchObject({ rxBytes: 500, counterReset: true });
  });

  it('counts no more after a reset than the line carries in the shorter of interval and uptime', () => {
    expect(fall({ rxBytes: 9e9 }, { rxBytes: 8e9, uptimeS: 60 }, configured(10))).toMatchObject({
      rxBytes: 10 * 125_000 * 60,
      counterReset: true,
    });
    expect(fall({ rxBytes: 9e9 }, { rxBytes: 8e9, uptimeS: 6000 }, configured(10))).toMatchObject({
      rxBytes: 10 * 125_000 * 600,
      counterReset: true,
    });
    expect(fall({ rxBytes: 9e9 }, { rxBytes: 8e9 }, configured(10))).toMatchObject({
      rxBytes: 10 * 125_000 * 600,
      counterReset: true,
    });
    expect(fall({ rxBytes: 9e9 }, { rxBytes: 8e9, speedMbps: 10 }, noBandwidth())).toMatchObject({ rxBytes: 10 * 125_000 * 600 });
    expect(fall({ rxBytes: 9e9 }, { rxBytes: 8e9 }, noBandwidth())).toMatchObject({ rxBytes: 8e9, counterReset: true });
  });

  it("is judged by each direction's own bandwidth", () => {
    const polls = [poll('10:00', { rxBytes: 9e9, txBytes: 9e9 }), poll('10:10', { rxBytes: 8e9, txBytes: 8e9 })];
    expect(fact(polls, '10:00', configured(10, 1))).toMatchObject({ rxBytes: 750e6, txBytes: 75e6 });
  });

  it('decides alike in both hours that it crosses, by the bandwidth of the hour in which the interval ends', () => {
    const polls = [poll('09:50', { rxBytes: 9e9 }), poll('10:10', { rxBytes: 8e9 })];
    const bandwidthAt = (hour: number): Bandwidth => configured(hour < t('10:00') ? 1000 : 10);
    const together = hourFacts(input({ polls }), [t('09:00'), t('10:00')], bandwidthAt, DEFAULT_FACT_SETTINGS);
    expect(together.map((f) => [f.rxBytes, f.counterReset])).toEqual([
      [750e6, true],
      [750e6, true],
    ]);
  });
});

describe('bandwidth of an hour', () => {
  const polls = [
    poll('09:30', { rxBytes: 0, speedMbps: 1000 }),
    poll('10:00', { rxBytes: 0, speedMbps: 0 }),
    poll('10:30', { rxBytes: 2.25e9 }),
    poll('11:00', { rxBytes: 4.5e9, speedMbps: 100 }),
    poll('11:30', { rxBytes: 4.5e9, speedMbps: 10 }),
  ];

  it('is the link speed last seen up to its end when nothing else is known, marked as such', () => {
    expect(fact(polls, '10:00').bandwidth).toEqual({ downMbps: 100, upMbps: 100, source: 'link_speed' });
    expect(fact(polls, '10:00').utilizationPct).toBeCloseTo(10, 9);
    expect(fact(polls, '09:00').bandwidth.downMbps).toBe(1000);
    expect(fact(polls.slice(1), '09:00').bandwidth.downMbps).toBe(100);
  });

  it('stays unknown when configured as 0', () => {
    expect(fact(polls, '10:00', configured(0))).toMatchObject({
      utilizationPct: null,
      bandwidth: { downMbps: 0, source: 'configured' },
    });
  });

  it('is taken by direction, the larger ratio counting; one given counts for both', () => {
    const both = [poll('10:00', { rxBytes: 0, txBytes: 0 }), poll('11:00', { rxBytes: 9e9, txBytes: 4.5e9 })];
    expect(fact(both, '10:00', configured(100, 20)).utilizationPct).toBeCloseTo(50, 9);
    expect(fact(both, '10:00', configured(100, null)).utilizationPct).toBeCloseTo(20, 9);
  });

  it('gives no utilization under 600 covered seconds', () => {
    const short = [poll('10:00', { rxBytes: 0 }), poll('10:09:59', { rxBytes: 1e9 })];
    const enough = [poll('10:00', { rxBytes: 0 }), poll('10:10', { rxBytes: 1e9 })];
    expect(fact(short, '10:00', configured(100)).utilizationPct).toBeNull();
    expect(fact(enough, '10:00', configured(100)).utilizationPct).not.toBeNull();
  });
});
