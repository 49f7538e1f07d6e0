import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../../cloud.js';
import type { Site } from '../../world/nouns.js';
import { badRequest, notFound } from '../api-error.js';
import { orgOf, siteOf } from '../gate.js';
import { arrayPage, searchPage } from '../paging.js';
import { param, type Query, queryOf, windowOf } from '../query.js';
import { deviceById, deviceRowsOf, type DeviceRow, devicesOf, isConnected, renderDeviceStats } from '../rows/devices.js';
import { peerRowsOf, renderPeer } from '../rows/peers.js';
import { type PortRow, portRowsOf, portRowsOfSite, renderPort } from '../rows/ports.js';

type PlacedRow = DeviceRow & { readonly site: Site };
const DEVICE_TYPES = ['ap', 'gateway', 'switch', 'all'];

const fieldsOf = (query: Query): readonly string[] =>
  (query['fields'] ?? '')
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');

/** Without `type` the answer is access points alone, whatever the caller hoped for. */
const typeOf = (query: Query): string => {
  const type = query['type'] ?? 'ap';
  if (!DEVICE_TYPES.includes(type)) throw badRequest(`invalid type: ${type}`);
  return type;
};

const wantedDevices = (cloud: Cloud, rows: readonly DeviceRow[], query: Query): PlacedRow[] => {
  const type = typeOf(query);
  const { status, mac, site_id: siteId } = query;
  return rows.filter(
    (row): row is PlacedRow =>
      row.site !== null &&
      (type === 'all' || row.type === type) &&
      (!mac || row.device.mac === mac) &&
      (!siteId || row.site.id === siteId) &&
      (!status || status === 'all' || (status === 'connected') === isConnected(cloud, row, cloud.clock.now())),
  );
};

const typeOfPort = (row: PortRow): string => (row.kind === 'switch' ? 'switch' : 'gateway');

const wantedPorts = (cloud: Cloud, rows: readonly PortRow[], query: Query): readonly PortRow[] => {
  const type = query['device_type'] ?? query['type'] ?? 'all';
  const fixed = ['mac', 'port_id', 'port_mac', 'site_id'].filter((key) => query[key]);
  const { up } = query;
  return rows.filter(
    (row) =>
      (type === 'all' || typeOfPort(row) === type) &&
      fixed.every((key) => row.fixed[key] === query[key]) &&
      (!up || String(renderPort(cloud, row, cloud.clock.now())['up']) === up),
  );
};

const deviceRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/orgs/:org_id/stats/devices', async (request, reply) => {
    const query = queryOf(request);
    const rows = wantedDevices(cloud, deviceRowsOf(orgOf(cloud, request)), query);
    return arrayPage(request, reply, { rows, render: (row) => renderDeviceStats(cloud, row, fieldsOf(query)) });
  });
  app.get('/sites/:site_id/stats/devices', async (request, reply) => {
    const rows = wantedDevices(cloud, devicesOf(siteOf(cloud, request)), queryOf(request));
    return arrayPage(request, reply, { rows, render: (row) => renderDeviceStats(cloud, row, []) });
  });
  app.get('/sites/:site_id/stats/devices/:device_id', async (request) => {
    const deviceId = param(request, 'device_id');
    const row = deviceById(siteOf(cloud, request), deviceId);
    if (!row) throw notFound(deviceId);
    return renderDeviceStats(cloud, row, fieldsOf(queryOf(request)));
  });
};

/** Devices, ports and peer paths as they are now. */
export const statsRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  deviceRoutes(app, cloud);
  app.get('/orgs/:org_id/stats/ports/search', async (request) => {
    const [org, query, nowMs] = [orgOf(cloud, request), queryOf(request), cloud.clock.now()];
    const rows = wantedPorts(cloud, portRowsOf(cloud.world.seed, org), query);
    return searchPage(request, { rows, window: windowOf(query, nowMs), render: (row) => renderPort(cloud, row, nowMs) });
  });
  app.get('/sites/:site_id/stats/ports/search', async (request) => {
    const [site, query, nowMs] = [siteOf(cloud, request), queryOf(request), cloud.clock.now()];
    const ofSite = portRowsOfSite(cloud.world.seed, site);
    return searchPage(request, {
      rows: wantedPorts(cloud, ofSite, query),
      window: windowOf(query, nowMs),
      render: (row) => renderPort(cloud, row, nowMs),
    });
  });
  app.get('/orgs/:org_id/stats/vpn_peers/search', async (request) => {
    const [org, query, nowMs] = [orgOf(cloud, request), queryOf(request), cloud.clock.now()];
    const fixed = ['mac', 'site_id'].filter((key) => query[key]);
    const rows = peerRowsOf(cloud.world.seed, org).filter((row) => fixed.every((key) => row.fixed[key] === query[key]));
    return searchPage(request, { rows, window: windowOf(query, nowMs), render: (row) => renderPeer(cloud, row, nowMs) });
  });
};
