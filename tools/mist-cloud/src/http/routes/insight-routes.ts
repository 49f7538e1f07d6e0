import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { overlapMs } from '../../physics/intervals.js';
import { HOUR_MS } from '../../sle/model.js';
import type { CircuitTimeline, SiteTimeline } from '../../physics/site-timeline.js';
import { badRequest, notFound } from '../api-error.js';
import { siteOf } from '../gate.js';
import { param, queryOf, windowOf } from '../query.js';
import { type PeerRow, peerRowsOfSite, qualityAt } from '../rows/peers.js';
import { hoursOf } from './sle-windows.js';

/** Hourly figures are kept this long, as the real cloud does. */
const KEPT_MS = 14 * 86_400_000;
const PEAK_STEP_MS = 300_000;
const METRICS = ['rx_bps', 'tx_bps', 'max_rx_bps', 'max_tx_bps', 'rx_bytes', 'tx_bytes'] as const;
type GatewayMetric = (typeof METRICS)[number];

const peakBps = (course: CircuitTimeline, direction: 'rx' | 'tx', hourMs: number): number => {
  let peak = 0;
  for (let atMs = hourMs; atMs < hourMs + HOUR_MS; atMs += PEAK_STEP_MS)
    peak = Math.max(peak, course.traffic[direction].rateBps(atMs));
  return Math.round(peak);
};

/** One figure of one hour; null when the cloud heard nothing in it. */
const figureOf = (timeline: SiteTimeline, course: CircuitTimeline, metric: GatewayMetric, hourMs: number): number | null => {
  if (overlapMs(timeline.cutOffs, { fromMs: hourMs, toMs: hourMs + HOUR_MS }) >= HOUR_MS) return null;
  const direction = metric.includes('rx') ? 'rx' : 'tx';
  if (metric.startsWith('max_')) return peakBps(course, direction, hourMs);
  const bytes = Math.round(course.traffic[direction].bytesBetween(hourMs, hourMs + HOUR_MS));
  return metric.endsWith('_bytes') ? bytes : Math.round((bytes * 8) / 3600);
};

const gatewaySeries = (cloud: Cloud, request: FastifyRequest): Record<string, unknown> => {
  const [site, query, nowMs] = [siteOf(cloud, request), queryOf(request), cloud.clock.now()];
  const deviceId = param(request, 'device_id');
  if (deviceId !== site.gateway.id) throw notFound(deviceId);
  const timeline = cloud.scenario.timelineOf(site);
  const portId = query['port_id'] ?? '';
  const course = timeline.circuitOf(portId);
  if (!course) throw badRequest(`invalid port_id: ${portId}`);
  const asked = (query['metrics'] ?? 'rx_bps,tx_bps').split(',');
  const metrics = METRICS.filter((metric) => asked.includes(metric));
  const window = windowOf(query, nowMs);
  const hours = hoursOf(window, nowMs);
  const series = metrics.map((metric) => [
    metric,
    hours.map((hourMs) => (nowMs - hourMs > KEPT_MS ? null : figureOf(timeline, course, metric, hourMs))),
  ]);
  return {
    start: Math.floor(window.start),
    end: Math.floor(window.end),
    interval: HOUR_MS / 1000,
    rt: hours.map((hourMs) => new Date(hourMs).toISOString()),
    ...(Object.fromEntries(series) as Record<string, unknown>),
  };
};

const QUALITY = ['latency', 'jitter', 'loss'] as const;

/** Mean over five-minute samples of all paths of the port; null for an hour without any. */
const meanQuality = (cloud: Cloud, paths: readonly PeerRow[], hourMs: number): Record<string, number | null> => {
  const samples: Record<string, number>[] = [];
  for (let atMs = hourMs; atMs < Math.min(hourMs + HOUR_MS, cloud.clock.now()); atMs += PEAK_STEP_MS) {
    for (const path of paths) samples.push(...[qualityAt(cloud, path, atMs)].filter((quality) => quality !== null));
  }
  const mean = (name: string): number | null =>
    samples.length === 0 ? null : samples.reduce((sum, sample) => sum + (sample[name] ?? 0), 0) / samples.length;
  return Object.fromEntries(QUALITY.map((name) => [name, mean(name)]));
};

/** Path quality of a WAN port, addressed by mac; links without probes get empty lists. */
const linkHealth = (cloud: Cloud, request: FastifyRequest): Record<string, unknown> => {
  const [site, query, nowMs] = [siteOf(cloud, request), queryOf(request), cloud.clock.now()];
  const org = cloud.world.orgById.get(site.orgId);
  if (!org || param(request, 'device_mac') !== site.gateway.mac) throw notFound(param(request, 'device_mac'));
  if (param(request, 'metric') !== 'wan_link_health') throw badRequest(`unknown metric: ${param(request, 'metric')}`);
  const paths = peerRowsOfSite(cloud.world.seed, org, site).filter(
    (row) => row.isProbed && row.circuit.portId === query['port_id'],
  );
  const window = windowOf(query, nowMs);
  const hours = paths.length === 0 ? [] : hoursOf(window, nowMs).filter((hourMs) => nowMs - hourMs <= KEPT_MS);
  const means = hours.map((hourMs) => meanQuality(cloud, paths, hourMs));
  return {
    start: Math.floor(window.start),
    end: Math.floor(window.end),
    interval: HOUR_MS / 1000,
    results: [],
    rt: hours.map((hourMs) => new Date(hourMs).toISOString()),
    ...Object.fromEntries(QUALITY.map((name) => [`avg_${name}`, means.map((mean) => mean[name] ?? null)])),
  };
};

/** Hourly averages and peaks of a WAN port. */
export const insightRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/sites/:site_id/insights/gateway/:device_id/stats', async (request) => gatewaySeries(cloud, request));
  app.get('/sites/:site_id/insights/device/:device_mac/:metric', async (request) => linkHealth(cloud, request));
};
