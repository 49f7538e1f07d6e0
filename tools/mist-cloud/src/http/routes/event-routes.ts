import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cloud } from '../../cloud.js';
import type { Alarm, DeviceEvent } from '../../events/feed.js';
import type { Org, Site } from '../../world/nouns.js';
import { notFound } from '../api-error.js';
import { orgOf, siteOf } from '../gate.js';
import { searchPage } from '../paging.js';
import { limitOf, type Query, queryOf, windowOf } from '../query.js';

const renderEvent = (event: DeviceEvent): Record<string, unknown> => ({
  timestamp: event.atMs / 1000,
  type: event.type,
  device_type: event.deviceType,
  mac: event.mac,
  org_id: event.site.orgId,
  site_id: event.site.id,
  text: event.text,
  model: event.model,
  version: event.version,
  ...(event.portId === null ? {} : { port_id: event.portId }),
  ...(event.deviceType === 'ap' ? { ap: event.mac, apfw: event.version } : {}),
});

const alarmStatus = (alarm: Alarm, nowMs: number): 'open' | 'resolved' => (alarm.endMs <= nowMs ? 'resolved' : 'open');

const renderAlarm = (alarm: Alarm, nowMs: number): Record<string, unknown> => ({
  id: alarm.id,
  org_id: alarm.site.orgId,
  site_id: alarm.site.id,
  type: alarm.type,
  group: 'infrastructure',
  severity: alarm.severity,
  count: 1,
  timestamp: alarm.atMs / 1000,
  last_seen: Math.min(alarm.endMs, nowMs) / 1000,
  status: alarmStatus(alarm, nowMs),
  ...(alarm.endMs <= nowMs ? { resolved_time: Math.floor(alarm.endMs / 1000) } : {}),
  acked: false,
  gateways: [alarm.deviceMac],
  hostnames: [alarm.hostname],
});

/** The part of the asked window that has happened: nothing is told before its time. */
const spanOf = (query: Query, nowMs: number): { start: number; end: number; fromMs: number; toMs: number } => {
  const window = windowOf(query, nowMs);
  return { ...window, fromMs: window.start * 1000, toMs: Math.min(window.end * 1000, nowMs + 1) };
};

const inOrder = <T>(rows: readonly T[], query: Query): readonly T[] =>
  query['sort'] === 'timestamp' ? rows : [...rows].reverse();

const countBy = (
  request: FastifyRequest,
  rows: readonly Record<string, unknown>[],
  fallback: string,
): Record<string, unknown> => {
  const query = queryOf(request);
  const distinct = query['distinct'] ?? fallback;
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = row[distinct];
    if (typeof value === 'string' || typeof value === 'number') counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  }
  const limit = limitOf(query);
  const results = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, limit)
    .map(([value, count]) => ({ [distinct]: value, count }));
  return { distinct, limit, results, total: counts.size };
};

interface Scope {
  readonly org: Org;
  readonly site: Site | null;
}

const scopeOf = (cloud: Cloud, request: FastifyRequest): Scope => {
  if (!request.url.startsWith('/api/v1/sites/')) return { org: orgOf(cloud, request), site: null };
  const site = siteOf(cloud, request);
  const org = cloud.world.orgById.get(site.orgId);
  if (!org) throw notFound(site.orgId);
  return { org, site };
};

/** The organisation's search gives access points unless `device_type` says otherwise; a site's gives all. */
const eventsOf = (
  cloud: Cloud,
  request: FastifyRequest,
): { events: readonly DeviceEvent[]; window: { start: number; end: number } } => {
  const { org, site } = scopeOf(cloud, request);
  const query = queryOf(request);
  const window = spanOf(query, cloud.clock.now());
  const deviceType = query['device_type'] ?? (site || request.url.includes('/count') ? 'all' : 'ap');
  const type = query['type'] ?? query['device_event_type'];
  const events = cloud.feed
    .events(org, window.fromMs, window.toMs)
    .filter(
      (event) =>
        (site === null || event.site === site) &&
        (deviceType === 'all' || event.deviceType === deviceType) &&
        (!type || type.split(',').includes(event.type)) &&
        (!query['mac'] || query['mac'] === event.mac) &&
        (!query['site_id'] || query['site_id'] === event.site.id),
    );
  return { events, window };
};

const alarmsOf = (
  cloud: Cloud,
  request: FastifyRequest,
): { alarms: readonly Alarm[]; window: { start: number; end: number } } => {
  const { org, site } = scopeOf(cloud, request);
  const query = queryOf(request);
  const nowMs = cloud.clock.now();
  const window = spanOf(query, nowMs);
  const alarms = cloud.feed
    .alarms(org, window.fromMs, window.toMs)
    .filter(
      (alarm) =>
        (site === null || alarm.site === site) &&
        (!query['type'] || query['type'] === alarm.type) &&
        (!query['severity'] || query['severity'] === alarm.severity) &&
        (!query['status'] || query['status'] === alarmStatus(alarm, nowMs)) &&
        (!query['site_id'] || query['site_id'] === alarm.site.id),
    );
  return { alarms, window };
};

const whole = (window: { start: number; end: number }): { start: number; end: number } => ({
  start: Math.floor(window.start),
  end: Math.floor(window.end),
});

/** Device events and alarms, of an organisation and of a site. */
export const eventRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  for (const scope of ['/orgs/:org_id', '/sites/:site_id']) {
    app.get(`${scope}/devices/events/search`, async (request) => {
      const { events, window } = eventsOf(cloud, request);
      return searchPage(request, { rows: inOrder(events, queryOf(request)), window, render: renderEvent });
    });
    app.get(`${scope}/devices/events/count`, async (request) => {
      const { events, window } = eventsOf(cloud, request);
      return { ...whole(window), ...countBy(request, events.map(renderEvent), 'model') };
    });
    app.get(`${scope}/alarms/search`, async (request) => {
      const { alarms, window } = alarmsOf(cloud, request);
      const nowMs = cloud.clock.now();
      return searchPage(request, {
        rows: inOrder(alarms, queryOf(request)),
        window,
        render: (alarm) => renderAlarm(alarm, nowMs),
      });
    });
  }
  app.get('/orgs/:org_id/alarms/count', async (request) => {
    const { alarms, window } = alarmsOf(cloud, request);
    return {
      ...whole(window),
      ...countBy(
        request,
        alarms.map((alarm) => renderAlarm(alarm, cloud.clock.now())),
        'type',
      ),
    };
  });
};
