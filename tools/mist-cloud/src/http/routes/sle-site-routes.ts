import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { SLE_METRICS } from '../../sle/metrics.js';
import { notFound } from '../api-error.js';
import { param } from '../query.js';
import { metricOf, minutes, scopedSite, type SleView, totalsOf, viewOf } from './sle-windows.js';

const LABELS = { 'user-minutes': 'user-minutes', 'ap-minutes': 'ap-minutes', 'gateway-minutes': 'gateway-minutes' } as const;

interface Bucket {
  readonly total: number | null;
  readonly parts: readonly number[] | null;
  readonly value: number | null;
}

const bucketsOf = (cloud: Cloud, view: SleView): readonly Bucket[] =>
  view.hours.map((hour) =>
    hour === null || hour.total === 0
      ? { total: hour === null ? null : 0, parts: null, value: null }
      : {
          total: minutes(hour.total),
          parts: cloud.sle.partsOf(view.site, view.metric, hour).map(minutes),
          value: minutes(view.metric.valueOf(hour.degraded / hour.total)),
        },
  );

const degradedOf = (bucket: Bucket): number | null =>
  bucket.total === null ? null : minutes((bucket.parts ?? []).reduce((a, b) => a + b, 0));

const sleOf = (view: SleView, buckets: readonly Bucket[]): Record<string, unknown> => ({
  name: view.metric.listed,
  interval: 3600,
  x_label: 'seconds',
  y_label: view.metric.unit,
  samples: {
    total: buckets.map(({ total }) => total),
    degraded: buckets.map(degradedOf),
    value: buckets.map(({ value }) => value),
  },
});

const classifierOf = (view: SleView, buckets: readonly Bucket[], index: number): Record<string, unknown> => {
  const degraded = buckets.map(({ total, parts }) => (total === null ? null : (parts?.[index] ?? 0)));
  return {
    name: view.metric.classifiers[index],
    interval: 3600,
    x_label: 'seconds',
    y_label: LABELS[view.metric.minutes],
    samples: { total: buckets.map(({ total }) => total), degraded, duration: degraded.map((value) => value ?? 0) },
  };
};

/** Distinct users and access points touched: grows with the loss, bounded by how many there are. */
const impactOf = (view: SleView, total: number, degraded: number): Record<string, number> => {
  const { aps, clients } = view.site;
  const loss = total === 0 ? 0 : degraded / total;
  const touched = (count: number): number => (loss < 0.0005 ? 0 : Math.min(count, Math.ceil(count * Math.min(1, loss * 3))));
  return { num_users: touched(clients), total_users: clients, num_aps: touched(aps.length), total_aps: aps.length };
};

/** The items of a kind that a metric or classifier touched, each with its part of the minutes. */
export interface ImpactShare {
  readonly total: number;
  readonly degraded: number;
  readonly duration: number;
}

/** Splits the minutes over `count` items: the first bear the most. */
export const sharesOf = (count: number, total: number, degraded: number): readonly ImpactShare[] => {
  const weightSum = (count * (count + 1)) / 2;
  return Array.from({ length: count }, (_, index) => {
    const each = total / Math.max(1, count);
    const share = Math.min(each, (degraded * (count - index)) / Math.max(1, weightSum));
    return { total: minutes(each), degraded: minutes(share), duration: minutes(each) };
  });
};

/** Sums of a view, of one classifier when it is named. */
export const impactTotals = (
  cloud: Cloud,
  view: SleView,
  classifier: string,
): { total: number; degraded: number; impact: Record<string, number> } => {
  const { total, degraded, parts } = totalsOf(cloud, view);
  const index = view.metric.classifiers.indexOf(classifier);
  if (classifier !== '' && index < 0) throw notFound(classifier);
  const own = classifier === '' ? degraded : (parts[index] ?? 0);
  return { total, degraded: own, impact: impactOf(view, total, own) };
};

const classifierIndex = (request: FastifyRequest, view: SleView): number => {
  const name = param(request, 'classifier');
  const index = view.metric.classifiers.indexOf(name);
  if (index < 0) throw notFound(name);
  return index;
};

const trendRoutes = (app: FastifyInstance, cloud: Cloud, base: string): void => {
  app.get(`${base}/summary-trend`, async (request) => {
    const view = viewOf(cloud, request);
    const buckets = bucketsOf(cloud, view);
    const classifiers = view.metric.classifiers.map((_, index) => classifierOf(view, buckets, index));
    return { start: view.start, end: view.end, sle: sleOf(view, buckets), classifiers };
  });
  app.get(`${base}/classifier/:classifier/summary-trend`, async (request) => {
    const view = viewOf(cloud, request);
    const classifier = classifierOf(view, bucketsOf(cloud, view), classifierIndex(request, view));
    return { start: view.start, end: view.end, metric: view.metric.listed, classifier };
  });
};

/** The deprecated pair, the only place where impact counts come with the samples. */
const summaryRoutes = (app: FastifyInstance, cloud: Cloud, base: string): void => {
  app.get(`${base}/summary`, async (request) => {
    const view = viewOf(cloud, request);
    const buckets = bucketsOf(cloud, view);
    const classifiers = view.metric.classifiers.map((name, index) => ({
      ...classifierOf(view, buckets, index),
      impact: impactTotals(cloud, view, name).impact,
    }));
    return {
      start: view.start,
      end: view.end,
      sle: sleOf(view, buckets),
      classifiers,
      events: [],
      impact: impactTotals(cloud, view, '').impact,
    };
  });
  app.get(`${base}/classifier/:classifier/summary`, async (request) => {
    const view = viewOf(cloud, request);
    const index = classifierIndex(request, view);
    const { impact } = impactTotals(cloud, view, view.metric.classifiers[index] ?? '');
    const classifier = { ...classifierOf(view, bucketsOf(cloud, view), index), impact };
    return { start: view.start, end: view.end, metric: view.metric.listed, classifier, failures: [], impact };
  });
};

/** Service levels of one site. */
export const sleSiteRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  const scope = '/sites/:site_id/sle/:scope/:scope_id';
  const base = `${scope}/metric/:metric`;
  app.get(`${scope}/metrics`, async (request) => {
    const site = scopedSite(cloud, request);
    const usable = SLE_METRICS.filter((metric) => metric.family === 'wan' || site.aps.length > 0);
    return { enabled: usable.map(({ listed }) => listed), supported: SLE_METRICS.map(({ listed }) => listed) };
  });
  app.get(`${base}/classifiers`, async (request) => {
    scopedSite(cloud, request);
    return metricOf(request).classifiers;
  });
  trendRoutes(app, cloud, base);
  summaryRoutes(app, cloud, base);
};
