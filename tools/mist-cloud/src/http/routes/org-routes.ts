import type { FastifyInstance } from 'fastify';
import type { Cloud } from '../../cloud.js';
import { numberOf, uuidOf } from '../../random.js';
import type { Org, Site, SiteGroup } from '../../world/nouns.js';
import { orgOf, passageOf, siteOf } from '../gate.js';
import { arrayPage } from '../paging.js';
import { type Query, queryOf } from '../query.js';
import { templateIdOf } from './config-routes.js';
import { type DeviceRow, deviceRowsOf, isConnected, renderInventory } from '../rows/devices.js';

const createdSeconds = (cloud: Cloud): number => Math.floor(cloud.world.startAtMs / 1000) - 8_640_000;

const renderOrg = (cloud: Cloud, org: Org): Record<string, unknown> => ({
  id: org.id,
  name: org.name,
  alarmtemplate_id: null,
  allow_mist: false,
  created_time: createdSeconds(cloud),
  modified_time: createdSeconds(cloud),
  orggroup_ids: [],
  session_expiry: 1440,
});

const placeOf = (site: Site): Record<string, unknown> =>
  site.isBare
    ? { address: null, notes: null }
    : {
        address: `${site.number + 1} Example Street`,
        notes: site.storeType,
        country_code: site.countryCode,
        timezone: site.timezone,
        latlng: { lat: site.lat, lng: site.lng },
      };

const renderSite = (cloud: Cloud, site: Site): Record<string, unknown> => ({
  id: site.id,
  org_id: site.orgId,
  name: site.name,
  ...placeOf(site),
  sitegroup_ids: site.groupIds,
  gatewaytemplate_id: templateIdOf(site),
  rftemplate_id: null,
  created_time: createdSeconds(cloud),
  modified_time: createdSeconds(cloud),
});

const renderSelf = (token: string, orgs: readonly Org[]): Record<string, unknown> => ({
  admin_id: uuidOf(numberOf(token), 131),
  email: 'reader@example.com',
  first_name: 'Example',
  last_name: 'Reader',
  privileges: orgs.map((org) => ({ scope: 'org', org_id: org.id, org_name: org.name, name: org.name, role: 'read' })),
});

const FILTERS: Readonly<Record<string, (row: DeviceRow) => string | undefined>> = {
  type: (row) => row.type,
  mac: (row) => row.device.mac,
  serial: (row) => row.device.serial,
  model: (row) => row.device.model,
  site_id: (row) => row.site?.id,
};

const wanted = (rows: readonly DeviceRow[], query: Query): readonly DeviceRow[] => {
  const asked = Object.entries(FILTERS).filter(([key]) => query[key]);
  const isPlaced = ({ true: false, false: true } as Readonly<Record<string, boolean>>)[query['unassigned'] ?? ''];
  return rows.filter(
    (row) =>
      (isPlaced === undefined || (row.site !== null) === isPlaced) && asked.every(([key, read]) => read(row) === query[key]),
  );
};

const renderOrgStats = (cloud: Cloud, org: Org): Record<string, unknown> => {
  const rows = deviceRowsOf(org).filter((row) => row.site !== null);
  const connected = rows.filter((row) => isConnected(cloud, row, cloud.clock.now())).length;
  return {
    ...renderOrg(cloud, org),
    alarmtemplate_id: uuidOf(org.number, 132),
    msp_id: uuidOf(org.number, 133),
    num_devices: rows.length,
    num_devices_connected: connected,
    num_devices_disconnected: rows.length - connected,
    num_inventory: rows.length + org.spares.length,
    num_sites: org.sites.length,
    sle: [],
  };
};

/** Who am I, organisations, sites, groups, inventory. */
export const orgRoutes = (app: FastifyInstance, cloud: Cloud): void => {
  app.get('/self', async (request) => renderSelf(passageOf(request).token, passageOf(request).orgs));
  app.get('/self/usage', async (request) => {
    const usage = cloud.limiter.usage(passageOf(request).token, cloud.clock.now());
    return { requests: usage.requests, request_limit: cloud.limiter.perHour, seconds: usage.seconds };
  });
  app.get('/orgs/:org_id', async (request) => renderOrg(cloud, orgOf(cloud, request)));
  app.get('/orgs/:org_id/stats', async (request) => renderOrgStats(cloud, orgOf(cloud, request)));
  app.get('/orgs/:org_id/sites', async (request, reply) =>
    arrayPage(request, reply, { rows: orgOf(cloud, request).sites, render: (site) => renderSite(cloud, site) }),
  );
  app.get('/sites/:site_id', async (request) => renderSite(cloud, siteOf(cloud, request)));
  app.get('/orgs/:org_id/sitegroups', async (request, reply) => {
    const org = orgOf(cloud, request);
    const render = (group: SiteGroup): Record<string, unknown> => ({
      id: group.id,
      name: group.name,
      org_id: org.id,
      site_ids: group.siteIds,
      created_time: createdSeconds(cloud),
      modified_time: createdSeconds(cloud),
    });
    return arrayPage(request, reply, { rows: org.groups, render });
  });
  app.get('/orgs/:org_id/inventory', async (request, reply) => {
    const org = orgOf(cloud, request);
    const rows = wanted(deviceRowsOf(org), queryOf(request));
    return arrayPage(request, reply, { rows, render: (row) => renderInventory(cloud, org, row) });
  });
};
