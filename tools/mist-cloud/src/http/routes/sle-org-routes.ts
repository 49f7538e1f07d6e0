import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { SLE_METRICS, type SleFamily, metricNamed } from '../../sle/metrics.js';
import { HOUR_MS } from '../../sle/model.js';
import type { Site } from '../../world/nouns.js';
import { badRequest } from '../api-error.js';
import { orgOf } from '../gate.js';
import { slicePage } from '../paging.js';
import { param, queryOf, windowOf } from '../query.js';

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly knownAtMs: number;
}

const scores = (cloud: Cloud, site: Site, family: SleFamily, window: Window): Record<string, number> => {
  const pairs = SLE_METRICS.filter((metric) => metric.family === family).flatMap((metric) => {
    const score = cloud.sle.scoreOf(site, metric, window);
    return score === null ? [] : [[metric.key, score] as const];
  });
  return Object.fromEntries(pairs);
};

/** Ratios 0..1; a site without any is its id alone. */
const renderSite = (cloud: Cloud, site: Site, family: SleFamily, window: Window): Record<string, unknown> => {
  const found = scores(cloud, site, family, window);
  if (Object.keys(found).length === 0) return { site_id: site.id };
  const lastMs = Math.min(window.toMs, window.knownAtMs) - 1;
  const isCut = cloud.scenario.timelineOf(site).cutOffAt(lastMs) !== null;
  const devices = family === 'wifi' ? { num_aps: site.aps.length } : { num_gateways: 1 };
  return { site_id: site.id, ...found, ...devices, num_clients: isCut ? 0 : cloud.sle.clientsAt(site, lastMs) };
};

const familyOf = (text: string | undefined): SleFamily | 'wired' => {
  if (text === 'wifi' || text === 'wan' || text === 'wired') return text;
  throw badRequest(`invalid sle: ${String(text)}`);
};

/** Scores of all sites: one call per thousand sites. */
export const sleOrgRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/orgs/:org_id/insights/sites-sle', async (request) => {
    const [org, query, nowMs] = [orgOf(cloud, request), queryOf(request), cloud.clock.now()];
    const family = familyOf(query['sle']);
    const { start, end } = windowOf(query, nowMs);
    const { limit, page, rows } = slicePage(request, org.sites);
    const window = { fromMs: start * 1000, toMs: end * 1000, knownAtMs: nowMs };
    const results = rows.map((site) => (family === 'wired' ? { site_id: site.id } : renderSite(cloud, site, family, window)));
    return { start, end, interval: HOUR_MS / 1000, limit, page, total: org.sites.length, results };
  });
  app.get('/orgs/:org_id/insights/:metric', async (request) => {
    const [org, query, nowMs] = [orgOf(cloud, request), queryOf(request), cloud.clock.now()];
    if (param(request, 'metric') !== 'worst-sites-by-sle') throw badRequest(`unknown metric: ${param(request, 'metric')}`);
    const metric = metricNamed(query['sle'] ?? '');
    if (!metric) throw badRequest(`invalid sle: ${String(query['sle'])}`);
    const { start, end } = windowOf(query, nowMs);
    const window = { fromMs: start * 1000, toMs: end * 1000, knownAtMs: nowMs };
    const scored = org.sites.flatMap((site) => {
      const score = cloud.sle.scoreOf(site, metric, window);
      return score === null ? [] : [{ site, score }];
    });
    const worst = scored.sort((a, b) => a.score - b.score).slice(0, 100);
    const results = worst.map(({ site }) => renderSite(cloud, site, metric.family, window));
    return { start: Math.floor(start), end: Math.floor(end), interval: HOUR_MS / 1000, limit: 100, results };
  });
};
