import type { Severity } from '../severity.js';
import { byText, type Finding } from './findings.js';

/** A kind of trouble we know a remedy for. */
export interface Recommendation {
  readonly pattern: string;
  readonly title: string;
  readonly steps: readonly string[];
  readonly matches: (finding: Finding) => boolean;
}

const slug = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]+/g, '-');

const circuitOf = ({ about }: Finding) => ('circuit' in about ? about.circuit : null);
const metricOf = ({ about }: Finding): string => ('insight' in about ? slug(about.insight.metric) : '');

/** The classifier that costs most; the others of a metric are listed with it but do not choose the remedy. */
function topClassifier({ about }: Finding): string {
  if (!('insight' in about)) return '';
  const [top] = [...about.insight.classifiers].sort((a, b) => b.degradedPct - a.degradedPct);
  return top === undefined || top.degradedPct <= 0 ? '' : slug(top.name);
}

const metric =
  (...names: readonly string[]) =>
  (finding: Finding): boolean =>
    names.includes(metricOf(finding));

const classifier =
  (pattern: RegExp, ...metrics: readonly string[]) =>
  (finding: Finding): boolean =>
    pattern.test(topClassifier(finding)) && (metrics.length === 0 || metrics.includes(metricOf(finding)));

/** THE LIST, most telling first: a finding belongs to the first that matches it. */
export const RECOMMENDATIONS: readonly Recommendation[] = [
  {
    pattern: 'wan-link-down',
    title: 'WAN link down',
    matches: (finding) => circuitOf(finding)?.state === 'down',
    steps: [
      'Check power, cabling and the link lights of the port and of the modem.',
      'Ask the carrier for the state of the circuit; open a ticket with its number.',
      'Confirm that the site works over its other circuit, and how loaded that is.',
    ],
  },
  {
    pattern: 'wan-link-down',
    title: 'WAN port or path down (WAN SLE)',
    matches: classifier(/port-down|vpn-path-down|isp-reachability/, 'wan-link-health'),
    steps: [
      'Find the port or path that is down in the list of circuits of the site.',
      'Check the address the carrier hands out and whether its gateway answers.',
      'Compare with other sites of the same carrier before sending somebody.',
    ],
  },
  {
    pattern: 'wan-quality',
    title: 'Circuit quality (latency, jitter, loss)',
    matches: (finding) => /^(latency|jitter|loss)$/.test(circuitOf(finding)?.why[0] ?? ''),
    steps: [
      'Rule out congestion: quality falls when a circuit is full.',
      'Give the carrier the figures by hour and ask for a line test.',
      'Steer voice and video to the other circuit meanwhile.',
    ],
  },
  {
    pattern: 'congestion',
    title: 'Circuit congestion',
    matches: (finding) => circuitOf(finding) !== null,
    steps: [
      'See which applications fill the circuit and at what hours.',
      'Move backups and updates to the night, or shape them.',
      'Check the configured bandwidth; order more if the load is real.',
    ],
  },
  {
    pattern: 'congestion',
    title: 'Congestion felt by applications (WAN SLE)',
    matches: classifier(/congestion|application-bandwidth/, 'wan-link-health', 'application-health'),
    steps: [
      'Compare the utilization of the circuits of the site with their bandwidth.',
      'Spread the load over the second circuit, or shape what can wait.',
    ],
  },
  {
    pattern: 'dhcp',
    title: 'DHCP trouble',
    matches: classifier(/dhcp/),
    steps: [
      'Check that the DHCP server of the site answers and that its scope has free leases.',
      'Check the relay (helper) addresses and the VLAN on the path to it.',
      'Look for a second, unwanted DHCP server on the VLAN.',
    ],
  },
  {
    pattern: 'ap-disconnected',
    title: 'Access points disconnected',
    matches: classifier(/ap-disconnected|switch-down|ap-unreachable|site-down/, 'ap-health'),
    steps: [
      'Check the switch ports and the PoE budget of the access points named.',
      'If all of a switch are gone, look at the switch and its uplink first.',
      'Restart one access point and read its console if it does not return.',
    ],
  },
  {
    pattern: 'ap-hardware',
    title: 'Access point health',
    matches: metric('ap-health'),
    steps: [
      'Check PoE class, cable and negotiated speed of the access points named.',
      'Bring firmware to the recommended version.',
    ],
  },
  {
    pattern: 'authentication',
    title: 'Association or authorization failures',
    matches: classifier(/association|authorization/),
    steps: [
      'Check that the RADIUS servers answer and how fast; look at their reject reasons.',
      'Check certificates and shared secrets that changed lately.',
      'Compare by WLAN and by device type to find who is refused.',
    ],
  },
  {
    pattern: 'name-and-address',
    title: 'DNS or ARP failures',
    matches: classifier(/dns|arp|ip-services/),
    steps: ['Check that the DNS servers given by DHCP answer from the VLAN.', 'Check that the gateway of the VLAN answers ARP.'],
  },
  {
    pattern: 'coverage',
    title: 'Weak coverage',
    matches: (finding) => metric('coverage')(finding) || classifier(/^coverage$|weak-signal/)(finding),
    steps: [
      'Find the places with weak signal on the floor plan; check for access points that are off.',
      'Raise transmit power within the plan, or add an access point.',
    ],
  },
  {
    pattern: 'capacity',
    title: 'Wi-Fi capacity',
    matches: (finding) => metric('capacity')(finding) || classifier(/capacity|interference|client-count|client-usage/)(finding),
    steps: [
      'Check channel plan and interference; move clients to 5 or 6 GHz.',
      'Limit heavy users or add access points where clients are many.',
    ],
  },
  {
    pattern: 'roaming',
    title: 'Roaming',
    matches: metric('roaming'),
    steps: ['Check 802.11r/OKC settings and minimum data rates.', 'Check the overlap of the cells where clients stick.'],
  },
  {
    pattern: 'throughput',
    title: 'Throughput',
    matches: metric('throughput'),
    steps: ['Check uplink speed and errors of the access points.', 'Compare by device type: old clients slow a cell down.'],
  },
  {
    pattern: 'wan-quality',
    title: 'WAN quality (latency, jitter, loss)',
    matches: metric('wan-link-health', 'application-health'),
    steps: [
      'Compare latency, jitter and loss of the circuits of the site.',
      'Steer sensitive traffic to the better circuit; give the carrier the figures.',
    ],
  },
  {
    pattern: 'gateway',
    title: 'Gateway health',
    matches: metric('gateway-health'),
    steps: ['Check CPU, memory, temperature and power of the gateway.', 'Check for a restart and for table limits reached.'],
  },
  {
    pattern: 'connect',
    title: 'Clients fail to connect, or slowly',
    matches: metric('time-to-connect', 'successful-connect'),
    steps: ['Read the failing step of some clients: association, authorization, DHCP, DNS.', 'Compare by WLAN and access point.'],
  },
];

const UNNAMED: Recommendation = {
  pattern: 'other',
  title: 'Other degradation',
  matches: () => true,
  steps: ['Open the site in the Mist portal and read the classifiers of the metric.'],
};

/** The remedy of one finding. */
export const recommendationFor = (finding: Finding): Recommendation =>
  RECOMMENDATIONS.find(({ matches }) => matches(finding)) ?? UNNAMED;

/** The remedies of all findings of one severity, that of most findings first. */
export function remediesFor(findings: readonly Finding[], severity: Severity): [Recommendation, Finding[]][] {
  const groups = new Map<Recommendation, Finding[]>();
  for (const finding of findings) {
    if (finding.severity !== severity) continue;
    const recommendation = recommendationFor(finding);
    groups.set(recommendation, [...(groups.get(recommendation) ?? []), finding]);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length || byText(a[0].pattern, b[0].pattern));
}
