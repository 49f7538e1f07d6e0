import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { uuidOf } from '../../random.js';
import type { Circuit, Org, Site } from '../../world/nouns.js';
import { notFound } from '../api-error.js';
import { orgOf, siteOf } from '../gate.js';
import { arrayPage } from '../paging.js';
import { param, queryOf } from '../query.js';
import { deviceById, type DeviceRow, devicesOf } from '../rows/devices.js';

export const templateIdOfOrg = (orgNumber: number): string => uuidOf(orgNumber, 134);

/** Every third site inherits its ports and the order of its paths from the org's template. */
export const templateIdOf = (site: Site): string | null => (site.number % 3 === 1 ? templateIdOfOrg(site.orgNumber) : null);

const nameVariable = (slot: number): string => `wan${slot}_name`;
const nameOfSlot = (slot: number): string => `{{${nameVariable(slot)}}}`;

const renderTemplate = (org: Org, id: string): Record<string, unknown> => {
  const slots = (org.sites[0]?.circuits ?? []).map(({ portId }, slot) => ({ portId, name: nameOfSlot(slot) }));
  return {
    id,
    name: 'stores',
    org_id: org.id,
    type: 'spoke',
    port_config: Object.fromEntries(
      slots.map(({ portId, name }) => [portId, { name, usage: 'wan', wan_type: 'broadband', ip_config: { type: 'dhcp' } }]),
    ),
    path_preferences: { internet: { strategy: 'ordered', paths: slots.map(({ name }) => ({ type: 'wan', name })) } },
  };
};

/** What a device of a site with a template says for itself: names, and ports that differ. */
const overrides = (site: Site): Record<string, unknown> => ({
  vars: Object.fromEntries(site.circuits.map(({ name }, slot) => [nameVariable(slot), name])),
  port_config: Object.fromEntries(
    site.circuits.filter(({ type }) => type === 'lte').map((circuit) => [circuit.portId, portConfig(site, circuit)]),
  ),
});

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
  const whole = { port_config: Object.fromEntries(site.circuits.map((circuit) => [circuit.portId, portConfig(site, circuit)])) };
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
    ...(row.type !== 'gateway' ? {} : templateIdOf(site) === null ? whole : overrides(site)),
  };
};

/** Device configurations: WAN names, cellular back-ups, here and there a sending limit, and a template for what many share. */
export const configRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/orgs/:org_id/gatewaytemplates/:template_id', async (request) => {
    const [org, id] = [orgOf(cloud, request), param(request, 'template_id')];
    if (!org.sites.some((site) => templateIdOf(site) === id)) throw notFound(id);
    return renderTemplate(org, id);
  });
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
