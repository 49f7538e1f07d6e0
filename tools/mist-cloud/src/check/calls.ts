import { templateIdOfOrg } from '../http/routes/config-routes.js';
import { SLE_METRICS } from '../sle/metrics.js';
import type { MistCloud } from '../start.js';

/** One call of an operation and how its answer is to be judged. */
export interface PlannedCall {
  readonly operation: string;
  readonly path: string;
  readonly status?: number;
  readonly token?: string;
  readonly method?: 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  /** The one branch of a `oneOf` that is meant. */
  readonly schema?: string;
}

/** Where the calls go. */
export interface Target {
  readonly orgId: string;
  readonly siteId: string;
  readonly gatewayId: string;
  readonly portId: string;
  readonly otherOrgId: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Picks the organisation, site and circuit that the scenario of the check is about. */
export const targetOf = (cloud: MistCloud, siteNumber: number, window: { startSeconds: number; endSeconds: number }): Target => {
  const orgId = cloud.orgs[0]?.id ?? '';
  const siteId = cloud.truth.sites(orgId)[siteNumber]?.siteId ?? '';
  const circuit = cloud.truth.circuits(orgId).find((row) => row.siteId === siteId);
  return {
    orgId,
    siteId,
    gatewayId: `00000000-0000-0000-1000-${circuit?.mac ?? ''}`,
    portId: circuit?.portId ?? '',
    otherOrgId: cloud.orgs[1]?.id ?? '',
    ...window,
  };
};

const orgCalls = (target: Target): PlannedCall[] => {
  const org = `/api/v1/orgs/${target.orgId}`;
  const window = `start=${target.startSeconds}&end=${target.endSeconds}`;
  return [
    { operation: 'getSelf', path: '/api/v1/self' },
    { operation: 'getSelfApiUsage', path: '/api/v1/self/usage' },
    { operation: 'getOrg', path: org },
    { operation: 'getOrgStats', path: `${org}/stats` },
    { operation: 'listOrgSites', path: `${org}/sites?limit=1000` },
    { operation: 'listOrgSiteGroups', path: `${org}/sitegroups` },
    { operation: 'getOrgInventory', path: `${org}/inventory?limit=1000` },
    { operation: 'getOrgInventory', path: `${org}/inventory?type=gateway&unassigned=false` },
    { operation: 'getOrgSitesSle', path: `${org}/insights/sites-sle?sle=wifi&${window}`, schema: 'org_site_sle_wifi' },
    { operation: 'getOrgSitesSle', path: `${org}/insights/sites-sle?sle=wan&${window}`, schema: 'org_site_wan_wifi' },
    { operation: 'getOrgSitesSle', path: `${org}/insights/sites-sle?sle=wired&${window}`, schema: 'org_site_wired_wifi' },
    { operation: 'getOrgSle', path: `${org}/insights/worst-sites-by-sle?sle=coverage&${window}` },
    { operation: 'listOrgDevicesStats', path: `${org}/stats/devices?limit=1000` },
    { operation: 'listOrgDevicesStats', path: `${org}/stats/devices?type=gateway&fields=*&limit=1000` },
    { operation: 'listOrgDevicesStats', path: `${org}/stats/devices?type=switch` },
    { operation: 'searchOrgSwOrGwPorts', path: `${org}/stats/ports/search?limit=1000` },
    { operation: 'searchOrgSwOrGwPorts', path: `${org}/stats/ports/search?type=gateway&limit=7` },
    { operation: 'searchOrgPeerPathStats', path: `${org}/stats/vpn_peers/search?limit=1000` },
    { operation: 'searchOrgDeviceEvents', path: `${org}/devices/events/search?device_type=gateway&limit=3&${window}` },
    { operation: 'searchOrgDeviceEvents', path: `${org}/devices/events/search?${window}` },
    { operation: 'countOrgDeviceEvents', path: `${org}/devices/events/count?distinct=type&${window}` },
    { operation: 'searchOrgAlarms', path: `${org}/alarms/search?${window}` },
    { operation: 'countOrgAlarms', path: `${org}/alarms/count?distinct=type&${window}` },
    { operation: 'getOrgGatewayTemplate', path: `${org}/gatewaytemplates/${templateIdOfOrg(0)}` },
    { operation: 'listInsightMetrics', path: '/api/v1/const/insight_metrics' },
    { operation: 'listDeviceEventsDefinitions', path: '/api/v1/const/device_events' },
    { operation: 'listAlarmDefinitions', path: '/api/v1/const/alarm_defs' },
    { operation: 'listWebhookTopics', path: '/api/v1/const/webhook_topics' },
  ];
};

const siteCalls = (target: Target): PlannedCall[] => {
  const site = `/api/v1/sites/${target.siteId}`;
  const window = `start=${target.startSeconds}&end=${target.endSeconds}`;
  const series = `metrics=rx_bps,tx_bps,max_rx_bps,max_tx_bps&port_id=${encodeURIComponent(target.portId)}&interval=1h`;
  return [
    { operation: 'getSiteInfo', path: site },
    { operation: 'listSiteDevicesStats', path: `${site}/stats/devices?type=all` },
    { operation: 'getSiteDeviceStats', path: `${site}/stats/devices/${target.gatewayId}?fields=ports,vpn_peers` },
    { operation: 'listSiteDevices', path: `${site}/devices?type=all` },
    { operation: 'getSiteDevice', path: `${site}/devices/${target.gatewayId}` },
    { operation: 'searchSiteSwOrGwPorts', path: `${site}/stats/ports/search` },
    { operation: 'searchSiteDeviceEvents', path: `${site}/devices/events/search?${window}` },
    { operation: 'countSiteDeviceEvents', path: `${site}/devices/events/count?distinct=type&${window}` },
    { operation: 'searchSiteAlarms', path: `${site}/alarms/search?${window}` },
    {
      operation: 'getSiteInsightMetricsForGateway',
      path: `${site}/insights/gateway/${target.gatewayId}/stats?${series}&${window}`,
    },
    {
      operation: 'getSiteInsightMetricsForDevice',
      path: `${site}/insights/device/${target.gatewayId.slice(-12)}/wan_link_health?port_id=${encodeURIComponent(target.portId)}&${window}`,
    },
    { operation: 'listSiteSlesMetrics', path: `${site}/sle/site/${target.siteId}/metrics` },
  ];
};

const sleCalls = (target: Target): PlannedCall[] =>
  SLE_METRICS.flatMap(({ listed, blamed }) => {
    const metric = `/api/v1/sites/${target.siteId}/sle/site/${target.siteId}/metric/${listed}`;
    const window = `?start=${target.startSeconds}&end=${target.endSeconds}`;
    return [
      { operation: 'getSiteSleSummary', path: `${metric}/summary${window}` },
      { operation: 'getSiteSleSummaryTrend', path: `${metric}/summary-trend${window}` },
      { operation: 'listSiteSleMetricClassifiers', path: `${metric}/classifiers` },
      { operation: 'getSiteSleClassifierDetails', path: `${metric}/classifier/${blamed}/summary${window}` },
      { operation: 'getSiteSleClassifierSummaryTrend', path: `${metric}/classifier/${blamed}/summary-trend${window}` },
      { operation: 'getSiteSleImpactSummary', path: `${metric}/impact-summary${window}` },
      { operation: 'getSiteSleHistogram', path: `${metric}/histogram${window}` },
      { operation: 'getSiteSleThreshold', path: `${metric}/threshold` },
      { operation: 'listSiteSleImpactedAps', path: `${metric}/impacted-aps${window}` },
      { operation: 'listSiteSleImpactedWirelessClients', path: `${metric}/impacted-users${window}&classifier=${blamed}` },
      { operation: 'listSiteSleImpactedGateways', path: `${metric}/impacted-gateways${window}` },
      { operation: 'listSiteSleImpactedInterfaces', path: `${metric}/impacted-interfaces${window}` },
    ];
  });

/** Reading calls: every operation the simulator has, several ways where the answers differ. */
export const readingCalls = (target: Target): PlannedCall[] => [...orgCalls(target), ...siteCalls(target), ...sleCalls(target)];

/** Calls that must fail, and how. */
export const failingCalls = (target: Target): PlannedCall[] => {
  const org = `/api/v1/orgs/${target.orgId}`;
  const nowhere = '00000000-0000-4000-8000-000000000000';
  return [
    { operation: 'getOrg', path: org, token: 'unknown', status: 401 },
    { operation: 'getOrg', path: `/api/v1/orgs/${target.otherOrgId}`, status: 403 },
    { operation: 'getOrg', path: `/api/v1/orgs/${nowhere}`, status: 404 },
    { operation: 'getSiteInfo', path: `/api/v1/sites/${nowhere}`, status: 404 },
    { operation: 'listOrgSites', path: `${org}/sites?limit=ten`, status: 400 },
    { operation: 'getOrgSitesSle', path: `${org}/insights/sites-sle?sle=other`, status: 400 },
    {
      operation: 'getSiteSleSummaryTrend',
      path: `/api/v1/sites/${target.siteId}/sle/site/${target.siteId}/metric/unknown/summary-trend`,
      status: 400,
    },
    {
      operation: 'createOrgWebhook',
      path: `${org}/webhooks`,
      method: 'POST',
      body: { url: 'nothing', topics: ['alarms'] },
      status: 400,
    },
  ];
};
