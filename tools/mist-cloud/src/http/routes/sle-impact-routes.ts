import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { hash, macOf, pick, uuidOf } from '../../random.js';
import type { Site } from '../../world/nouns.js';
import { DEVICE_TYPES, SSIDS } from '../../world/catalogue.js';
import { slicePage } from '../paging.js';
import { queryOf } from '../query.js';
import { type ImpactShare, impactTotals, sharesOf } from './sle-site-routes.js';
import { metricOf, minutes, scopedSite, type SleView, viewOf } from './sle-windows.js';

const BASE = '/sites/:site_id/sle/:scope/:scope_id/metric/:metric';

interface Impact {
  readonly view: SleView;
  readonly classifier: string;
  readonly total: number;
  readonly degraded: number;
  readonly aps: number;
  readonly users: number;
}

const impactFor = (cloud: Cloud, request: FastifyRequest): Impact => {
  const view = viewOf(cloud, request);
  const classifier = queryOf(request)['classifier'] ?? '';
  const { total, degraded, impact } = impactTotals(cloud, view, classifier);
  return { view, classifier, total, degraded, aps: impact['num_aps'] ?? 0, users: impact['num_users'] ?? 0 };
};

const wlanId = (site: Site, ssid: string): string =>
  uuidOf(
    site.orgNumber,
    SSIDS.findIndex((name) => name === ssid),
    141,
  );

const userOf = (cloud: Cloud, site: Site, index: number): Record<string, string> => {
  const chance = [cloud.world.seed, site.orgNumber, site.number, index] as const;
  const ap = site.aps[hash(...chance, 142) % site.aps.length];
  const device = pick(DEVICE_TYPES, ...chance, 143);
  const ssid = pick(SSIDS, ...chance, 144);
  const mac = macOf({ seed: cloud.world.seed, org: site.orgNumber, kind: 9, index: site.number * 2048 + index });
  return {
    mac,
    name: `${device.type.toLowerCase()}-${index + 1}`,
    device_type: device.type,
    device_os: device.os,
    ssid,
    wlan_id: wlanId(site, ssid),
    ap_mac: ap?.mac ?? '',
    ap_name: ap?.name ?? '',
  };
};

const shares = (impact: Impact, count: number, of: number): readonly ImpactShare[] =>
  sharesOf(count, (impact.total * count) / Math.max(1, of), impact.degraded);

const apRows = (impact: Impact): Record<string, unknown>[] =>
  shares(impact, impact.aps, impact.view.site.aps.length).map((share, index) => {
    const ap = impact.view.site.aps[index];
    return { ap_mac: ap?.mac ?? '', name: ap?.name ?? '', ...share };
  });

const userRows = (cloud: Cloud, impact: Impact): Record<string, unknown>[] =>
  shares(impact, impact.users, impact.view.site.clients).map((share, index) => ({
    ...userOf(cloud, impact.view.site, index),
    ...share,
  }));

const gatewayRows = (impact: Impact): Record<string, unknown>[] => {
  const { gateway } = impact.view.site;
  if (impact.view.metric.family !== 'wan' || impact.degraded === 0) return [];
  const [total] = [Math.round(impact.total)];
  return [
    {
      gateway_mac: gateway.mac,
      gateway_model: gateway.model,
      gateway_version: gateway.version,
      name: gateway.name,
      total,
      degraded: minutes(impact.degraded),
      duration: total,
    },
  ];
};

/** The described keys say `switch_…`; a WAN row carries the gateway in them. */
const interfaceRows = (impact: Impact): Record<string, unknown>[] => {
  const { gateway, circuits } = impact.view.site;
  if (impact.view.metric.family !== 'wan' || impact.degraded === 0) return [];
  return shares(impact, circuits.length, circuits.length).map((share, index) => ({
    interface_name: circuits[index]?.portId ?? '',
    switch_mac: gateway.mac,
    switch_name: gateway.name,
    ...share,
  }));
};

const KINDS = {
  'impacted-aps': { rows: (_cloud: Cloud, impact: Impact) => apRows(impact), as: 'aps' },
  'impacted-users': { rows: userRows, as: 'users' },
  'impacted-gateways': { rows: (_cloud: Cloud, impact: Impact) => gatewayRows(impact), as: 'gateways' },
  'impacted-interfaces': { rows: (_cloud: Cloud, impact: Impact) => interfaceRows(impact), as: 'interfaces' },
} as const;

const grouped = (rows: readonly Record<string, unknown>[], key: string): Record<string, unknown>[] => {
  const sums = new Map<string, ImpactShare>();
  for (const row of rows) {
    const name = String(row[key]);
    const sum = sums.get(name) ?? { total: 0, degraded: 0, duration: 0 };
    sums.set(name, {
      total: minutes(sum.total + Number(row['total'])),
      degraded: minutes(sum.degraded + Number(row['degraded'])),
      duration: 0,
    });
  }
  return [...sums].map(([name, sum]) => ({ [key]: name, name, ...sum }));
};

const impactSummary = (cloud: Cloud, impact: Impact): Record<string, unknown> => {
  const { view, classifier } = impact;
  const users = userRows(cloud, impact);
  const nameOfWlan = new Map(users.map((row) => [row['wlan_id'], row['ssid']]));
  return {
    start: view.start,
    end: view.end,
    metric: view.metric.listed,
    classifier,
    failure: '',
    ap: apRows(impact),
    band: grouped(
      users.map((row, index) => ({ ...row, band: index % 4 === 0 ? '24' : '5' })),
      'band',
    ),
    device_os: grouped(users, 'device_os'),
    device_type: grouped(users, 'device_type'),
    wlan: grouped(users, 'wlan_id').map((row) => ({ ...row, name: nameOfWlan.get(row['wlan_id']) ?? '' })),
  };
};

const HISTOGRAM_EDGES = [null, 0, 20, 40, 60, 80, 100, null] as const;

/** Shares of seconds over ten-by-ten classes of success; the ends are open. */
const histogramOf = (impact: Impact): Record<string, unknown> => {
  const good = (impact.total - impact.degraded) * 60;
  const bad = impact.degraded * 60;
  const weights = [0, bad * 0.2, bad * 0.3, bad * 0.5, good * 0.2, good * 0.8, 0];
  const data = weights.map((value, index) => ({
    range: [HISTOGRAM_EDGES[index] ?? null, HISTOGRAM_EDGES[index + 1] ?? null],
    value: Math.round(value),
  }));
  const { view } = impact;
  return {
    start: view.start,
    end: view.end,
    metric: view.metric.listed,
    x_label: `${view.metric.key}(${view.metric.unit})`,
    y_label: 'seconds',
    data,
  };
};

/** Who and what was touched, and how values were spread. */
export const sleImpactRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  for (const [path, kind] of Object.entries(KINDS)) {
    app.get(`${BASE}/${path}`, async (request) => {
      const impact = impactFor(cloud, request);
      const all = kind.rows(cloud, impact);
      const { page, rows } = slicePage(request, all);
      const { start, end, metric } = impact.view;
      return {
        start: Math.floor(start),
        end: Math.floor(end),
        metric: metric.listed,
        classifier: impact.classifier,
        failure: '',
        total_count: all.length,
        limit: 1000,
        page,
        [kind.as]: queryOf(request)['limit'] === undefined ? all.slice(0, 1000) : rows,
      };
    });
  }
  app.get(`${BASE}/impact-summary`, async (request) => impactSummary(cloud, impactFor(cloud, request)));
  app.get(`${BASE}/histogram`, async (request) => histogramOf(impactFor(cloud, request)));
  app.get(`${BASE}/threshold`, async (request) => {
    scopedSite(cloud, request);
    const metric = metricOf(request);
    return metric.key === 'coverage'
      ? { metric: metric.listed, threshold: '-72', default: -72, minimum: -90, maximum: -60, units: 'dBm', direction: 'left' }
      : { metric: metric.listed, threshold: '4', default: 4, minimum: 1, maximum: 20, units: metric.unit, direction: 'right' };
  });
};
