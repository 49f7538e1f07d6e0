import type { FastifyInstance } from 'fastify';

const DEVICE_EVENTS: readonly (readonly [string, string])[] = [
  ['AP_CONNECTED', 'AP Connected'],
  ['AP_DISCONNECTED', 'AP Disconnected'],
  ['AP_RESTARTED', 'AP Restarted'],
  ['GW_CONNECTED', 'Gateway Connected'],
  ['GW_DISCONNECTED', 'Gateway Disconnected'],
  ['GW_RESTARTED', 'Gateway Restarted'],
  ['GW_PORT_UP', 'Gateway Port Up'],
  ['GW_PORT_DOWN', 'Gateway Port Down'],
  ['GW_VPN_PATH_UP', 'Gateway VPN Path Up'],
  ['GW_VPN_PATH_DOWN', 'Gateway VPN Path Down'],
];

const ALARMS: readonly (readonly [string, string, string])[] = [
  ['device_down', 'Device offline', 'warn'],
  ['gateway_down', 'WAN Edge offline', 'critical'],
  ['gw_critical_port_down', 'Critical WAN Edge port down', 'warn'],
  ['vpn_path_down', 'VPN path down', 'warn'],
  ['infra_dhcp_failure', 'DHCP failure', 'critical'],
];

const TOPICS = [
  { key: 'alarms', for_org: true, has_delivery_results: true },
  { key: 'audits', for_org: true, has_delivery_results: true },
  { key: 'device-events', for_org: true, allows_single_event_per_message: true },
  { key: 'device-updowns', for_org: true, has_delivery_results: true },
] as const;

const series = (description: string, unit: string): Record<string, unknown> => ({
  description,
  example: [18, 15],
  intervals: { '10m': { interval: 600, max_age: 86_400 }, '1h': { interval: 3600, max_age: 1_209_600 } },
  report_durations: { '1d': { duration: 86_400, interval: 3600 }, '1w': { duration: 604_800, interval: 3600 } },
  report_scopes: ['site', 'org'],
  scopes: ['site', 'device'],
  type: 'timeseries',
  unit,
});

/** What names this cloud uses. */
export const constRoutes = (app: FastifyInstance): void => {
  app.get('/const/device_events', async () => DEVICE_EVENTS.map(([key, display]) => ({ key, display, description: display })));
  app.get('/const/alarm_defs', async () =>
    ALARMS.map(([key, display, severity]) => ({
      key,
      display,
      severity,
      group: 'infrastructure',
      fields: ['gateways', 'hostnames'],
    })),
  );
  app.get('/const/webhook_topics', async () => TOPICS);
  app.get('/const/insight_metrics', async () => ({
    rx_bps: series('Received rate over time', 'bps'),
    tx_bps: series('Transmitted rate over time', 'bps'),
    num_clients: series('Number of client over time', ''),
  }));
};
