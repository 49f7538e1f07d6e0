import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../../cloud.js';
import type { Circuit, Site } from '../../world/nouns.js';
import { notFound } from '../api-error.js';
import { siteOf } from '../gate.js';
import { arrayPage } from '../paging.js';
import { param, queryOf } from '../query.js';
import { deviceById, type DeviceRow, devicesOf } from '../rows/devices.js';

/** Every third site limits what it sends to what it bought; elsewhere nothing tells the bandwidth. */
const portConfig = (site: Site, circuit: Circuit): Record<string, unknown> => ({
  name: circuit.name,
  usage: 'wan',
  wan_type: circuit.type === 'lte' ? 'lte' : circuit.type === 'dsl' ? 'dsl' : 'broadband',
  speed: 'auto',
  ip_config: { type: 'dhcp' },
  ...(circuit.type === 'lte' ? { lte_backup: true } : {}),
  ...(site.number % 3 === 0 ? { traffic_shaping: { enabled: true, max_tx_kbps: circuit.upMbps * 1000 } } : {}),
});

const renderConfig = (cloud: Cloud, site: Site, row: DeviceRow): Record<string, unknown> => {
  const { id, mac, name, model, serial } = row.device;
  const changed = Math.floor(cloud.world.startAtMs / 1000) - 864_000;
  const ports = site.circuits.map((circuit) => [circuit.portId, portConfig(site, circuit)] as const);
  return {
    id,
    mac,
    name,
    model,
    serial,
    type: row.type,
    org_id: site.orgId,
    site_id: site.id,
    created_time: changed,
    modified_time: changed,
    ...(row.type === 'gateway' ? { port_config: Object.fromEntries(ports) } : {}),
  };
};

/** Device configurations: WAN names, cellular back-ups, and here and there a sending limit. */
export const configRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/sites/:site_id/devices', async (request, reply) => {
    const [site, type] = [siteOf(cloud, request), queryOf(request)['type'] ?? 'ap'];
    const rows = devicesOf(site).filter((row) => type === 'all' || row.type === type);
    return arrayPage(request, reply, { rows, render: (row) => renderConfig(cloud, site, row) });
  });
  app.get('/sites/:site_id/devices/:device_id', async (request) => {
    const [site, deviceId] = [siteOf(cloud, request), param(request, 'device_id')];
    const row = deviceById(site, deviceId);
    if (!row) throw notFound(deviceId);
    return renderConfig(cloud, site, row);
  });
};
