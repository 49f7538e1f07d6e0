import type { FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { type SleMetric, metricNamed } from '../../sle/metrics.js';
import { HOUR_MS, type SleHour } from '../../sle/model.js';
import type { Site } from '../../world/nouns.js';
import { badRequest, notFound } from '../api-error.js';
import { siteOf } from '../gate.js';
import { param, queryOf, windowOf } from '../query.js';

/** Metric of one site over one window, hour by hour. */
export interface SleView {
  readonly site: Site;
  readonly metric: SleMetric;
  readonly start: number;
  readonly end: number;
  readonly hours: readonly (SleHour | null)[];
}

/** Starts of the UTC hours of a window: the first whole one to the running one. */
export const hoursOf = (window: { start: number; end: number }, nowMs: number): number[] => {
  const hours: number[] = [];
  const toMs = Math.min(window.end * 1000, nowMs);
  for (let hourMs = Math.ceil((window.start * 1000) / HOUR_MS) * HOUR_MS; hourMs < toMs; hourMs += HOUR_MS) hours.push(hourMs);
  return hours;
};

/** Only the scopes `site`, `gateway` and `ap` are simulated, each with the figures of its whole site. */
export const scopedSite = (cloud: Cloud, request: FastifyRequest): Site => {
  const site = siteOf(cloud, request);
  const scopeId = param(request, 'scope_id');
  const ids = { site: [site.id], gateway: [site.gateway.id], ap: site.aps.map((ap) => ap.id) };
  const scope = param(request, 'scope');
  if (!Object.hasOwn(ids, scope)) throw badRequest(`invalid scope: ${scope}`);
  if (!ids[scope as keyof typeof ids].includes(scopeId)) throw notFound(scopeId);
  return site;
};

/** The metric of the path; a name this cloud does not list is a 400, as live. */
export const metricOf = (request: FastifyRequest): SleMetric => {
  const name = param(request, 'metric');
  const metric = metricNamed(name);
  if (!metric) throw badRequest(`unknown metric or no data: ${name}`);
  return metric;
};

export const viewOf = (cloud: Cloud, request: FastifyRequest): SleView => {
  const [site, metric, nowMs] = [scopedSite(cloud, request), metricOf(request), cloud.clock.now()];
  const window = windowOf(queryOf(request), nowMs);
  const hours = hoursOf(window, nowMs).map((hourMs) => cloud.sle.hourOf(site, metric, { hourMs, knownAtMs: nowMs }));
  return { site, metric, ...window, hours };
};

/** Sums of a view; `parts` by classifier. */
export const totalsOf = (cloud: Cloud, view: SleView): { total: number; degraded: number; parts: readonly number[] } => {
  const parts = view.metric.classifiers.map(() => 0);
  let [total, degraded] = [0, 0];
  for (const hour of view.hours) {
    if (!hour) continue;
    total += hour.total;
    degraded += hour.degraded;
    cloud.sle.partsOf(view.site, view.metric, hour).forEach((part, index) => (parts[index] = (parts[index] ?? 0) + part));
  }
  return { total, degraded, parts };
};

/** Minutes are published with four decimals or so; rounding parts first keeps their sum equal to the whole. */
export const minutes = (value: number): number => Math.round(value * 10_000) / 10_000;
