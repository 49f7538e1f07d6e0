import { canonicalMetric, SLE_METRICS, type EpochMs, type SleMetric } from '@app/domain';
import { ensurePartitions } from '@app/shared';
import { resolveSites } from '../inventory/inventory.repository.js';
import type { Cells } from './cells.js';
import { prepareHistory } from '../sle/history-partitions.js';
import { lastOfKey, type KindDefinition } from './kind.js';

interface SleRow {
  readonly at: EpochMs;
  readonly siteId: string;
  readonly metric: SleMetric;
  readonly score: number | null;
  readonly numAps: number | null;
  readonly numClients: number | null;
}

function parseMetric(cells: Cells): SleMetric {
  const name = cells.given('metric');
  const metric = canonicalMetric(name);
  if (metric !== null) return metric;
  if (name !== '')
    cells.fault(
      'metric',
      `${JSON.stringify(name)} is no metric we know; known are ${SLE_METRICS.map(({ id }) => id).join(', ')}`,
    );
  return SLE_METRICS[0].id;
}

export const SLE: KindDefinition<SleRow> = {
  columns: ['timestamp', 'site_id', 'metric', 'score', 'num_aps', 'num_clients'],
  required: ['timestamp', 'site_id', 'metric', 'score'],
  parse: (cells) => ({
    at: cells.requiredTime('timestamp'),
    siteId: cells.id('site_id'),
    metric: parseMetric(cells),
    score: cells.number('score', { min: 0, max: 1 }),
    numAps: cells.integer('num_aps'),
    numClients: cells.integer('num_clients'),
  }),
  timeOf: ({ at }) => at,
  prepare: async ({ database }, rows) => {
    const instants = rows.map(({ at }) => at);
    await ensurePartitions(database, 'sle_sample', instants);
    await ensurePartitions(database, 'insight', instants);
    await prepareHistory(database, instants);
  },
  store: async (tx, { org, sle, now }, rows) => {
    const sites = await resolveSites(
      tx,
      org.id,
      rows.map(({ siteId }) => siteId),
    );
    const scores = lastOfKey(rows, ({ at, siteId, metric }) => `${String(at)} ${metric} ${siteId}`).map((row) => ({
      siteId: sites.get(row.siteId) ?? 0,
      at: row.at,
      numAps: row.numAps,
      numClients: row.numClients,
      windowFrom: null,
      windowTo: null,
      scores: new Map([[row.metric, row.score]]),
    }));
    return sle.store(tx, { orgId: org.id, externalOrgId: org.externalId }, scores, now);
  },
};
