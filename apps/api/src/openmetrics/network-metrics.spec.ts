import type { OrgNow } from '@app/shared';
import { Registry, type OpenMetricsContentType } from 'prom-client';
import { fillNetworkMetrics, MOST_GROUPS, OTHER_GROUPS } from './network-metrics.js';

const circuit = { row: { disabled: false, provider: null }, state: 'up', severity: 'info', hour: null, failover: null };
const site = (region: string, circuits: number) => ({
  region,
  status: 'HEALTHY',
  sle: [],
  row: { storeType: null },
  circuits: Array.from({ length: circuits }, () => circuit),
});

async function seriesOf(regions: number): Promise<{ metric: string; labels: Record<string, unknown>; value: number }[]> {
  const sites = Array.from({ length: regions }, (_, index) => site(`Region "${index}"\n`, index + 1));
  const state = { id: 'org-1', sites } as unknown as OrgNow;
  const registry = new Registry<OpenMetricsContentType>();
  fillNetworkMetrics(registry, [{ state, alerts: [], incidents: [], polls: [], callsThisHour: 0 }]);
  const found = (await registry.getMetricsAsJSON()).find(({ name }) => name === 'mistwatch_network_circuits');
  return (found?.values ?? []).map(({ labels, value }) => ({ metric: found?.name ?? '', labels, value }));
}

test('an org of any number of regions has a bounded number of series, and no circuit is left out', async () => {
  const [few, many] = [await seriesOf(MOST_GROUPS), await seriesOf(MOST_GROUPS * 5)];
  const groupsIn = (series: typeof few) => new Set(series.map(({ labels }) => labels['group']));
  expect(groupsIn(few).has(OTHER_GROUPS)).toBe(false);
  expect(groupsIn(many).size).toBe(MOST_GROUPS);
  expect(groupsIn(many).has(OTHER_GROUPS)).toBe(true);
  const circuits = MOST_GROUPS * 5;
  expect(many.reduce((sum, { value }) => sum + value, 0)).toBe((circuits * (circuits + 1)) / 2);
});
