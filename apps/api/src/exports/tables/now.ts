import type { CircuitNow, SiteNow } from '@app/shared';
import type { ValueColumn } from '../value-column.js';

export interface CircuitOfSite {
  readonly circuit: CircuitNow;
  readonly site: SiteNow;
}

const ageS = (ms: number | null): number | null => (ms === null ? null : Math.floor(ms / 1000));

export const CIRCUIT_COLUMNS: readonly ValueColumn<CircuitOfSite>[] = [
  { name: 'circuit_id', type: 'text', about: '`mac:port`.', of: ({ circuit }) => circuit.id },
  { name: 'circuit_name', type: 'text', about: 'Its name.', of: ({ circuit }) => circuit.row.name },
  { name: 'site_id', type: 'text', about: 'Its site.', of: ({ site }) => site.row.externalId },
  { name: 'site_name', type: 'text', about: 'Name of the site.', of: ({ site }) => site.row.name },
  { name: 'region', type: 'text', about: 'Region of the site.', of: ({ site }) => site.region },
  { name: 'store_type', type: 'text', about: 'Type of the site.', of: ({ site }) => site.row.storeType },
  { name: 'role', type: 'text', about: '`primary`, `secondary` or `backup`.', of: ({ circuit }) => circuit.row.role },
  { name: 'provider', type: 'text', about: 'Who carries it.', of: ({ circuit }) => circuit.row.provider },
  { name: 'type', type: 'text', about: 'Such as `fibre`.', of: ({ circuit }) => circuit.row.type },
  {
    name: 'bandwidth_down_mbps',
    type: 'number',
    unit: 'Mbps',
    about: 'Down.',
    of: ({ circuit }) => circuit.row.bandwidthDownMbps,
  },
  { name: 'bandwidth_up_mbps', type: 'number', unit: 'Mbps', about: 'Up.', of: ({ circuit }) => circuit.row.bandwidthUpMbps },
  { name: 'bandwidth_source', type: 'text', about: 'Who says so.', of: ({ circuit }) => circuit.row.bandwidthSource },
  { name: 'disabled', type: 'boolean', about: 'Switched off by somebody.', of: ({ circuit }) => circuit.row.disabled },
  { name: 'state', type: 'text', about: '`up`, `down` or `unknown`.', of: ({ circuit }) => circuit.state },
  {
    name: 'state_since',
    type: 'time',
    about: 'Empty when the state is unknown.',
    of: ({ circuit }) => (circuit.state === 'unknown' ? null : circuit.row.stateSince),
  },
  { name: 'severity', type: 'text', about: 'How bad it is.', of: ({ circuit }) => circuit.severity },
  { name: 'why', type: 'text', about: 'What made it so bad, worst first.', of: ({ circuit }) => circuit.why.join(' ') },
  {
    name: 'hour',
    type: 'time',
    about: 'Newest closed hour, which the next figures are of.',
    of: ({ circuit }) => circuit.hour?.hour,
  },
  {
    name: 'utilization_pct',
    type: 'number',
    unit: '%',
    about: 'Utilization.',
    of: ({ circuit }) => circuit.hour?.utilizationPct,
  },
  { name: 'latency_ms', type: 'number', unit: 'ms', about: 'Mean latency.', of: ({ circuit }) => circuit.hour?.latencyAvg },
  { name: 'jitter_ms', type: 'number', unit: 'ms', about: 'Mean jitter.', of: ({ circuit }) => circuit.hour?.jitterAvg },
  { name: 'loss_pct', type: 'number', unit: '%', about: 'Mean loss.', of: ({ circuit }) => circuit.hour?.lossAvg },
  {
    name: 'data_age_s',
    type: 'integer',
    unit: 's',
    about: 'Age of the newest observation.',
    of: ({ circuit }) => ageS(circuit.dataAgeMs),
  },
];

export const SITE_COLUMNS: readonly ValueColumn<SiteNow>[] = [
  { name: 'site_id', type: 'text', about: 'Id of the site in Mist.', of: ({ row }) => row.externalId },
  { name: 'site_name', type: 'text', about: 'Its name.', of: ({ row }) => row.name },
  { name: 'region', type: 'text', about: 'Its region.', of: ({ region }) => region },
  { name: 'store_type', type: 'text', about: 'Its type.', of: ({ row }) => row.storeType },
  { name: 'country_code', type: 'text', about: 'Its country.', of: ({ row }) => row.countryCode },
  { name: 'timezone', type: 'text', about: 'Its time zone.', of: ({ row }) => row.timezone },
  { name: 'status', type: 'text', about: 'Worst of the next three.', of: ({ status }) => status },
  { name: 'wifi', type: 'text', about: 'Wi-Fi service levels.', of: ({ parts }) => parts.wifi },
  { name: 'wan_sle', type: 'text', about: 'WAN service levels.', of: ({ parts }) => parts.wanSle },
  { name: 'wan', type: 'text', about: 'Circuits.', of: ({ parts }) => parts.wan },
  { name: 'wan_reason', type: 'text', about: 'What made the WAN so.', of: ({ wanWhy }) => wanWhy },
  { name: 'circuits', type: 'integer', about: 'Number of its circuits.', of: ({ circuits }) => circuits.length },
  {
    name: 'circuits_down',
    type: 'integer',
    about: 'Of these, down and not disabled.',
    of: ({ circuits }) => circuits.filter(({ state, row }) => state === 'down' && !row.disabled).length,
  },
  { name: 'carried_by', type: 'text', about: 'Circuit that carries it now.', of: ({ carriedBy }) => carriedBy?.id },
  { name: 'utilization_pct', type: 'number', unit: '%', about: 'Of that circuit.', of: ({ utilizationPct }) => utilizationPct },
  { name: 'data_age_s', type: 'integer', unit: 's', about: 'Age of its oldest part.', of: ({ dataAgeMs }) => ageS(dataAgeMs) },
  { name: 'stale_reason', type: 'text', about: 'Why the data is old.', of: ({ staleReason }) => staleReason },
];
