import { configured, noBandwidth, path, poll, t } from '../kpi/circuit-input.fixture.js';
import { HOUR_MS, MINUTE_MS } from '../time/bucket.js';
import type { Failover } from './failover.js';
import { failoverFigures, legsOf, type BackupInput } from './figures.js';

const FAILOVER: Failover = {
  primaryId: 1,
  backupId: 2,
  startedAt: t('10:03'),
  decidedAt: t('10:05'),
  endedAt: t('10:13'),
  trigger: 'event',
  why: 'down',
  endedBy: 'carries',
  changes: [],
};
const HOW = { now: t('12:00'), maxGapMs: HOUR_MS };
/** 30 MB in five minutes are 0.8 Mbps. */
const MB = 1_000_000;
const backup = (over: Partial<BackupInput> = {}): BackupInput => ({
  id: 2,
  polls: [
    poll('10:00', { rxBytes: 0, txBytes: 0, latencyMs: 1 }),
    poll('10:05', { rxBytes: 30 * MB, txBytes: 0, latencyMs: 20 }),
    poll('10:10', { rxBytes: 90 * MB, txBytes: 0, latencyMs: 40 }),
    poll('10:15', { rxBytes: 120 * MB, txBytes: 0, latencyMs: 1 }),
  ],
  paths: [],
  cutOffs: [],
  bandwidthAt: () => configured(8),
  ...over,
});
const figures = (input: BackupInput, failover = FAILOVER) => failoverFigures(failover, new Map([[input.id, input]]), HOW);

describe('figures of a failover', () => {
  it('cut bytes at its start and end, and take the samples inside', () => {
    // 2 of 5 minutes of the first interval, the second, 3 of 5 minutes of the third: 12 + 60 + 18 MB in 10 minutes at 8 Mbps.
    expect(figures(backup())).toEqual({
      latency: { count: 2, avg: 30, max: 40 },
      jitter: { count: 0, avg: null, max: null },
      loss: { count: 0, avg: null, max: null },
      rxBytes: 90 * MB,
      txBytes: 0,
      coveredMs: 10 * MINUTE_MS,
      utilizationPct: 15,
      peakUtilizationPct: 20,
    });
  });

  it('take the worst active path where there are paths', () => {
    const paths = [
      path('10:05', 'a', { latencyMs: 70 }),
      path('10:05', 'b', { latencyMs: 90 }),
      path('10:05', 'c', { latencyMs: 500, up: false }),
    ];
    expect(figures(backup({ paths })).latency).toEqual({ count: 1, avg: 90, max: 90 });
  });

  it('know no utilization without a bandwidth, but fall back on the link speed', () => {
    expect(figures(backup({ bandwidthAt: noBandwidth }))).toMatchObject({
      utilizationPct: null,
      peakUtilizationPct: null,
      rxBytes: 90 * MB,
    });
    const polls = backup().polls.map((each) => ({ ...each, speedMbps: 16 }));
    expect(figures(backup({ bandwidthAt: noBandwidth, polls })).utilizationPct).toBe(7.5);
  });

  it('are nothing without samples, and leave what is too far apart uncovered', () => {
    expect(figures(backup({ polls: [] }))).toMatchObject({
      rxBytes: null,
      coveredMs: 0,
      utilizationPct: null,
      latency: { count: 0 },
    });
    const polls = [poll('09:00', { rxBytes: 0, txBytes: 0 }), poll('10:10', { rxBytes: MB, txBytes: 0 })];
    expect(figures(backup({ polls }))).toMatchObject({ rxBytes: null, coveredMs: 0 });
  });

  it('follow the circuit that carries', () => {
    const failover = { ...FAILOVER, changes: [{ at: t('10:08'), circuitId: 3 }] };
    expect(legsOf(failover, HOW.now)).toEqual([
      { circuitId: 2, from: t('10:03'), to: t('10:08') },
      { circuitId: 3, from: t('10:08'), to: t('10:13') },
    ]);
    const third = backup({ id: 3, bandwidthAt: () => configured(4) });
    const both = failoverFigures(failover, new Map([backup(), third].map((each) => [each.id, each])), HOW);
    // 12 + 36 MB at 8 Mbps, then 24 + 18 MB at 4 Mbps: 16 % and 28 % of five minutes each.
    expect(both).toMatchObject({
      rxBytes: 90 * MB,
      coveredMs: 10 * MINUTE_MS,
      utilizationPct: expect.closeTo(22, 9) as number,
      latency: { count: 2 },
    });
  });

  it('of one that goes on reach to now', () => {
    expect(legsOf({ ...FAILOVER, endedAt: null }, HOW.now)).toEqual([{ circuitId: 2, from: t('10:03'), to: HOW.now }]);
  });
});
