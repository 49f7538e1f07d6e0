export type SleFamily = 'wifi' | 'wan';

/** One service level: how it is spelled, what its `value` measures, and what its loss is made of. */
export interface SleMetric {
  readonly number: number;
  readonly family: SleFamily;
  /** The key in `sites-sle`. */
  readonly key: string;
  /** The name in the `/metrics` list. */
  readonly listed: string;
  readonly unit: string;
  readonly minutes: 'user-minutes' | 'ap-minutes' | 'gateway-minutes';
  readonly classifiers: readonly string[];
  /** The classifier that takes the loss a scripted incident brings. */
  readonly blamed: string;
  readonly valueOf: (loss: number) => number;
}

const success = (loss: number): number => 1 - loss;
const wifi = { family: 'wifi', minutes: 'user-minutes' } as const;
const apMinutes = { family: 'wifi', minutes: 'ap-minutes', unit: '%', valueOf: success } as const;

/** The list. Names follow the published ones; `successful-connect` is listed as `failed-to-connect`. */
export const SLE_METRICS: readonly SleMetric[] = [
  {
    ...wifi,
    number: 1,
    key: 'time-to-connect',
    listed: 'time-to-connect',
    unit: 'seconds',
    blamed: 'dhcp-unresponsive',
    valueOf: (loss) => 1.2 + 9 * loss,
    classifiers: ['association', 'authorization', 'dhcp-nack', 'dhcp-stuck', 'dhcp-unresponsive', 'IP-Services'],
  },
  {
    ...wifi,
    number: 2,
    key: 'successful-connect',
    listed: 'failed-to-connect',
    unit: '%',
    blamed: 'dhcp-discover-unresponsive',
    valueOf: success,
    classifiers: [
      'association',
      'authorization',
      'dns',
      'dhcp-incomplete',
      'dhcp-nack',
      'dhcp-discover-unresponsive',
      'dhcp-renew-unresponsive',
      'arp',
    ],
  },
  {
    ...wifi,
    number: 3,
    key: 'coverage',
    listed: 'coverage',
    unit: 'dBm',
    blamed: 'weak-signal',
    valueOf: (loss) => -56 - 24 * loss,
    classifiers: ['weak-signal', 'asymmetry-downlink', 'asymmetry-uplink'],
  },
  {
    ...wifi,
    number: 4,
    key: 'roaming',
    listed: 'roaming',
    unit: '%',
    blamed: 'signal-quality-sticky-client',
    valueOf: success,
    classifiers: [
      'latency-slow-standard-roam',
      'latency-slow-11r-roam',
      'latency-slow-okc-roam',
      'stability-failed-to-fast-roam',
      'signal-quality-suboptimal-roam',
      'signal-quality-sticky-client',
      'signal-quality-interband-roam',
    ],
  },
  {
    ...wifi,
    number: 5,
    key: 'throughput',
    listed: 'throughput',
    unit: 'Mbps',
    blamed: 'capacity-wifi-interference',
    valueOf: (loss) => 90 - 80 * loss,
    classifiers: [
      'coverage',
      'device-capability',
      'capacity-excessive-client-load',
      'capacity-wifi-interference',
      'network-issues',
    ],
  },
  {
    ...wifi,
    number: 6,
    key: 'capacity',
    listed: 'capacity',
    unit: '%',
    blamed: 'client-count',
    valueOf: (loss) => 0.75 - 0.6 * loss,
    classifiers: ['client-count', 'wifi-interference', 'client_usage', 'non-wifi-interference'],
  },
  {
    ...apMinutes,
    number: 7,
    key: 'ap-health',
    listed: 'ap-health',
    blamed: 'ap-disconnected-site-down',
    classifiers: [
      'low-power',
      'ap-disconnected-ap-reboot',
      'ap-disconnected-switch-down',
      'ap-disconnected-site-down',
      'ethernet-ethernet-errors',
      'network-latency',
    ],
  },
  {
    ...apMinutes,
    number: 8,
    key: 'ap-availability',
    listed: 'ap-availability',
    blamed: 'site-down',
    classifiers: ['ap-reboot', 'ap-unreachable', 'switch-down', 'site-down'],
  },
  {
    family: 'wan',
    minutes: 'gateway-minutes',
    number: 9,
    key: 'gateway-health',
    listed: 'gateway-health',
    unit: '%',
    blamed: 'gateway-disconnected',
    valueOf: success,
    classifiers: ['gateway-disconnected', 'system-cpu-control-plane', 'system-memory', 'dhcp-pool-dhcp-headroom'],
  },
  {
    family: 'wan',
    minutes: 'gateway-minutes',
    number: 10,
    key: 'wan-link-health',
    listed: 'wan-link-health',
    unit: '%',
    blamed: 'interface-port-down',
    valueOf: success,
    classifiers: [
      'network-latency',
      'network-jitter',
      'network-loss',
      'network-vpn-path-down',
      'interface-congestion',
      'interface-port-down',
      'isp-reachability-arp',
    ],
  },
  {
    family: 'wan',
    minutes: 'user-minutes',
    number: 11,
    key: 'application_health',
    listed: 'application_health',
    unit: '%',
    blamed: 'application-services-application-bandwidth',
    valueOf: success,
    classifiers: [
      'jitter',
      'latency',
      'loss',
      'application-services-application-bandwidth',
      'application-services-slow-application',
    ],
  },
];

/** The metric of a family's `sites-sle` row or of a path; the list's spelling and the row's key both work. */
export const metricNamed = (name: string): SleMetric | null =>
  SLE_METRICS.find((metric) => metric.listed === name || metric.key === name) ?? null;
