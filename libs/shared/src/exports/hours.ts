import { bucket, integer, minutes, number, text } from './column-kinds.js';
import type { SqlTable } from './export-table.js';
import { CIRCUIT, DATED, equals, quality, REGION, REGION_AT, SITE, withCircuit, withDayOf, withRegionAt } from './parts.js';

const stored = (row: string) => (metric: string) => `${row}.${metric}_avg`;

/** What one circuit did in one hour. */
export const CIRCUIT_HOURS: SqlTable = {
  name: 'circuit-hours',
  about:
    'One row per circuit and hour. Region, provider and store type are known when the day of the hour is folded, some minutes after it.',
  defaultDays: 7,
  columns: [
    bucket('hour', 'h.hour', { about: 'Start of the hour.' }),
    ...CIRCUIT,
    ...SITE,
    ...DATED,
    text('source', 'h.source', { about: '`samples`, `imported` or `mist`.' }),
    integer('rx_bytes', 'h.rx_bytes', { unit: 'bytes', about: 'Received.' }),
    integer('tx_bytes', 'h.tx_bytes', { unit: 'bytes', about: 'Sent.' }),
    minutes('covered_minutes', 'h.covered_ms', { unit: 'min', about: 'Time in which the counters are known.' }),
    number('utilization_pct', 'h.utilization_pct', { unit: '%', about: 'Of the busier direction.' }),
    number('peak_utilization_pct', 'h.peak_utilization_pct', { unit: '%', about: 'The busiest interval.' }),
    number('bandwidth_down_mbps', 'h.bandwidth_down_mbps', { unit: 'Mbps', about: 'What utilization is a share of.' }),
    number('bandwidth_up_mbps', 'h.bandwidth_up_mbps', { unit: 'Mbps', about: 'The same, up.' }),
    minutes('up_minutes', 'h.up_ms', { unit: 'min', about: 'Known to be up.' }),
    minutes('down_minutes', 'h.down_ms', { unit: 'min', about: 'Known to be down.' }),
    minutes('unknown_minutes', '(3600000 - h.up_ms - h.down_ms)', { unit: 'min', about: 'Nobody knows.' }),
    integer('flaps', 'h.flaps', { about: 'Transitions between up and down.' }),
    ...quality('h', stored('h')),
  ],
  source: (given) => `circuit_hour h ${withCircuit('h', given.now)} ${withDayOf(given)}`,
  where: ({ from, to }) => `h.org_id = $1 and h.hour >= ${from} and h.hour < ${to}`,
  order: 'h.hour, h.circuit_id',
  matches: {
    site: equals('h.site_id'),
    circuit: equals('h.circuit_id'),
    region: equals('d.region'),
    provider: equals('d.provider'),
  },
};

/** What one VPN path did in one hour. */
export const PATH_HOURS: SqlTable = {
  name: 'path-hours',
  about: 'One row per VPN peer path and hour.',
  defaultDays: 1,
  columns: [
    bucket('hour', 'h.hour', { about: 'Start of the hour.' }),
    ...CIRCUIT,
    text('peer', 'h.peer', { about: 'The far end.' }),
    text('site_id', 's.external_id', { about: 'Site of the circuit now.' }),
    text('site_name', 's.name', { about: 'Its name now.' }),
    ...DATED,
    minutes('up_minutes', 'h.up_ms', { unit: 'min', about: 'Known to be up.' }),
    minutes('down_minutes', 'h.down_ms', { unit: 'min', about: 'Known to be down.' }),
    integer('flaps', 'h.flaps', { about: 'Transitions between up and down.' }),
    ...quality('h', stored('h')),
    number('mos_avg', 'h.mos_avg', { about: 'Mean opinion score, 1 to 5.' }),
    number('mos_min', 'h.mos_min', { about: 'The lowest.' }),
    integer('mtu', 'h.mtu', { unit: 'bytes', about: 'Largest packet.' }),
  ],
  source: (
    given,
  ) => `(select p.*, k.site_id from path_hour p join circuit k on k.org_id = p.org_id and k.id = p.circuit_id where p.org_id = $1
      and p.hour >= ${given.from} and p.hour < ${given.to}) h ${withCircuit('h', given.now)} ${withDayOf(given)}`,
  where: () => 'h.org_id = $1',
  order: 'h.hour, h.circuit_id, h.peer',
  matches: {
    site: equals('h.site_id'),
    circuit: equals('h.circuit_id'),
    region: equals('d.region'),
    provider: equals('d.provider'),
  },
};

const score = (row: string) =>
  number('score_pct', `${row}.score * 100`, { unit: '%', about: 'Share of user time that was good.' });

/** Service levels of one site in one hour. */
export const SITE_SLE_HOURS: SqlTable = {
  name: 'site-sle-hours',
  about: 'One row per site, service level and hour that has a score.',
  defaultDays: 7,
  columns: [
    bucket('hour', 'h.hour', { about: 'Start of the hour.' }),
    ...SITE,
    REGION,
    text('metric', 'h.metric', { about: 'Name of the service level.' }),
    score('h'),
    number('total_user_minutes', 'h.total_minutes', { unit: 'min', about: 'Minutes that users spent; empty without detail.' }),
    number('degraded_user_minutes', 'h.degraded_minutes', { unit: 'min', about: 'Of these, bad ones.' }),
    integer('aps', 'h.num_aps', { about: 'Access points.' }),
    integer('clients', 'h.num_clients', { about: 'Clients.' }),
  ],
  source: () => `site_sle_hour h join site s on s.org_id = h.org_id and s.id = h.site_id ${withRegionAt('h.hour')}`,
  where: ({ from, to }) => `h.org_id = $1 and h.hour >= ${from} and h.hour < ${to} and h.score is not null`,
  order: 'h.hour, h.site_id, h.metric',
  matches: { site: equals('h.site_id'), region: equals(REGION_AT) },
};

/** Service levels of one site on one local day. */
export const SITE_SLE_DAYS: SqlTable = {
  name: 'site-sle-days',
  about: 'One row per site, service level and local day; hours are weighted by user-minutes.',
  defaultDays: 31,
  columns: [
    bucket('day', 'h.start', { about: 'Start of the day in the reporting time zone.' }),
    ...SITE,
    REGION,
    text('metric', 'h.metric', { about: 'Name of the service level.' }),
    score('h'),
    integer('hours', 'h.hours', { unit: 'h', about: 'Hours that have a score.' }),
  ],
  source: () => `site_sle_day h join site s on s.org_id = h.org_id and s.id = h.site_id ${withRegionAt('h.start')}`,
  where: ({ from, to }) => `h.org_id = $1 and h.start >= ${from} and h.start < ${to}`,
  order: 'h.start, h.site_id, h.metric',
  matches: { site: equals('h.site_id'), region: equals(REGION_AT) },
};
