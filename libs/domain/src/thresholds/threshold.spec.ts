import { readFileSync } from 'node:fs';
import { kpiOf, type KpiId, KPIS } from '../kpi/catalogue.js';
import { DEFAULT_THRESHOLDS, type ThresholdMetric } from './defaults.js';
import { parseLevels, resolveThresholds, ThresholdFault, type ThresholdOverrides, worseOfMetric } from './resolve.js';
import { isAtOrAbove, leastAtOrAbove, levelOf, severityName, severityOf, type Thresholds } from './threshold.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
type WanWords = { warning: number; high: number; critical: number };
interface Golden {
  sle_cases: [number, string][];
  wan_cases: [KpiId, number, string][];
  overrides: {
    region_overrides: Record<string, Record<string, number>>;
    store_type_overrides: Record<string, Record<string, number>>;
    results: {
      region: string | null;
      store_type: string | null;
      utilization_thresholds: WanWords;
      latency_thresholds: WanWords;
    }[];
  };
}
const golden = load<Golden>('severity');

describe('golden severities', () => {
  it.each(golden.sle_cases)('Wi-Fi SLE %d is %s', (score, severity) => {
    expect(severityOf(score, DEFAULT_THRESHOLDS.coverage, 'lower')).toBe(severity);
  });

  it.each(golden.wan_cases)('%s %d is %s', (kpi, value, name) => {
    expect(severityName(severityOf(value, DEFAULT_THRESHOLDS[kpi], kpiOf(kpi).worse), 'wan')).toBe(name);
  });

  const METRICS: Record<string, ThresholdMetric> = { util: 'utilization', latency: 'latency' };
  const overridesOf = (flat: Record<string, number> = {}): ThresholdOverrides => {
    const overrides: { [M in ThresholdMetric]?: Partial<Thresholds> } = {};
    for (const [key, value] of Object.entries(flat)) {
      const [short = '', level = ''] = key.split('_');
      const metric = METRICS[short] ?? 'loss';
      overrides[metric] = { ...overrides[metric], ...parseLevels(metric, { [level]: value }) };
    }
    return overrides;
  };
  it.each(golden.overrides.results)('thresholds of region $region, store type $store_type', (row) => {
    const layers = {
      region: overridesOf(golden.overrides.region_overrides[row.region ?? '']),
      storeType: overridesOf(golden.overrides.store_type_overrides[row.store_type ?? '']),
    };
    const words = ({ warning, major, critical }: Thresholds): WanWords => ({ warning, high: major, critical });
    expect(words(resolveThresholds('utilization', layers))).toEqual(row.utilization_thresholds);
    expect(words(resolveThresholds('latency', layers))).toEqual(row.latency_thresholds);
  });
});

describe('severityOf', () => {
  it.each<[number | null, string]>([
    [0.59, 'critical'],
    [0.6, 'degraded'],
    [0.7999, 'degraded'],
    [0.8, 'warning'],
    [0.9499, 'warning'],
    [0.95, 'healthy'],
    [null, 'unknown'],
  ])('WAN SLE %p is %s', (score, name) => {
    expect(severityName(severityOf(score, DEFAULT_THRESHOLDS['wan-link-health'], 'lower'), 'wan-sle')).toBe(name);
  });

  it('compares after rounding to nine decimals, and no more', () => {
    expect(severityOf(89.9999999999, DEFAULT_THRESHOLDS.utilization, 'higher')).toBe('critical');
    expect(severityOf(89.99999999, DEFAULT_THRESHOLDS.utilization, 'higher')).toBe('major');
    expect(severityOf(0.1 + 0.2 + 0.4, DEFAULT_THRESHOLDS.coverage, 'lower')).toBe('major');
    expect(severityOf(1e12, DEFAULT_THRESHOLDS.utilization, 'higher')).toBe('critical');
  });

  it.each<[number, string]>([
    [98.99, 'critical'],
    [99, 'major'],
    [99.5, 'warning'],
    [99.9, 'info'],
  ])('availability %d is %s', (value, severity) => {
    expect(severityOf(value, DEFAULT_THRESHOLDS.availability, 'lower')).toBe(severity);
  });
});

describe('leastAtOrAbove', () => {
  it.each([0, 1e-12, 0.1, 0.123456789, 0.1234567894999, 1, 49.9999999995, 70, 90.000000001, 1e9])(
    'is the first double that is at or above %d',
    (threshold) => {
      const least = leastAtOrAbove(threshold);
      expect(isAtOrAbove(least, threshold)).toBe(true);
      if (least > 0) expect(isAtOrAbove(least * (1 - 2 ** -52), threshold)).toBe(false);
    },
  );
});

describe('resolveThresholds', () => {
  it('takes each key from the nearest layer that has it', () => {
    const layers = {
      circuit: { loss: { critical: 5 } },
      site: { loss: { critical: 4, major: 3 } },
      org: { loss: { warning: 2, major: 1 } },
    };
    expect(resolveThresholds('loss', layers)).toEqual({ warning: 2, major: 3, critical: 5 });
  });

  it('refuses a set out of order, saying what, where from and how to mend it', () => {
    expect(() => resolveThresholds('latency', { site: { latency: { warning: 120 } } })).toThrow(
      /latency do not ascend: warning 120 \(site\), major 100 \(default\).*Set them/,
    );
    expect(() => resolveThresholds('latency', { org: { latency: { warning: 100 } } })).toThrow(ThresholdFault);
    expect(() => resolveThresholds('coverage', { org: { coverage: { critical: 0.95 } } })).toThrow(/descend/);
    expect(() => resolveThresholds('loss', { org: { loss: { critical: NaN } } })).toThrow(ThresholdFault);
  });

  it('has ordered defaults for every metric', () => {
    for (const metric of Object.keys(DEFAULT_THRESHOLDS) as ThresholdMetric[])
      expect(resolveThresholds(metric, {})).toEqual(DEFAULT_THRESHOLDS[metric]);
    for (const { id, worse } of KPIS) expect(worseOfMetric(id)).toBe(worse);
  });
});

describe('configuration words', () => {
  it('understands warn, high and degraded', () => {
    expect([levelOf('warn'), levelOf('High'), levelOf('degraded'), levelOf('bad')]).toEqual(['warning', 'major', 'major', null]);
    expect(parseLevels('loss', { warn: 1, high: 2, critical: 3 })).toEqual({ warning: 1, major: 2, critical: 3 });
  });

  it('tells every fault at once', () => {
    expect(() => parseLevels('loss', { wran: 1, high: '2', warn: 1, warning: 2 })).toThrow(
      /loss: "wran" is no level .*; "high" is not a number; "warning" sets warning a second time/,
    );
  });
});
