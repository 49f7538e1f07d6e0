import { bucket, integer, minutes, number } from './column-kinds.js';
import type { SqlTable } from './export-table.js';
import { CIRCUIT, DATED, equals, quality, SITE, withCircuit } from './parts.js';

const GRAINS = { day: 7, week: 70, month: 400 } as const;
type Grain = keyof typeof GRAINS;
const STORED: Readonly<Record<Grain, string>> = {
  day: 'Local days, the running one as far as it is folded.',
  week: 'ISO weeks that are over.',
  month: 'Calendar months that are over.',
};

/** Calendar periods of circuits. */
const circuitPeriods = (grain: Grain): SqlTable => ({
  name: `circuit-${grain}s`,
  about: `One row per circuit and ${grain}; two where its region, provider, store type or site changed inside. ${STORED[grain]}`,
  defaultDays: GRAINS[grain],
  columns: [
    bucket(grain, 'd.start', { about: `Start of the ${grain} in the reporting time zone.` }),
    bucket('from', 'd.stretch_from', { about: 'Since when it belonged as the row says.' }),
    bucket('to', 'd.stretch_to', { about: 'Until when.' }),
    ...CIRCUIT,
    ...SITE,
    ...DATED,
    integer('hours', 'd.facts', { unit: 'h', about: 'Hours with facts.' }),
    integer('rx_bytes', 'd.rx_bytes', { unit: 'bytes', about: 'Received.' }),
    integer('tx_bytes', 'd.tx_bytes', { unit: 'bytes', about: 'Sent.' }),
    number('utilization_pct_avg', 'd.util_sum / nullif(d.util_weight_ms, 0)', {
      unit: '%',
      about: 'Mean, weighted by covered time.',
    }),
    number('utilization_pct_max', 'd.util_max', { unit: '%', about: 'The busiest hour.' }),
    number('utilization_pct_p95', 'd.util_p95', { unit: '%', about: '95th percentile of its hours.' }),
    number('peak_utilization_pct', 'd.util_peak', { unit: '%', about: 'The busiest interval.' }),
    minutes('up_minutes', 'd.up_ms', { unit: 'min', about: 'Known to be up.' }),
    minutes('down_minutes', 'd.down_ms', { unit: 'min', about: 'Known to be down.' }),
    number('availability_pct', '100.0 * d.up_ms / nullif(d.up_ms + d.down_ms, 0)', {
      unit: '%',
      about: 'Up of known time; maintenance counts.',
    }),
    integer('flaps', 'd.flaps', { about: 'Transitions between up and down.' }),
    ...quality('d', (metric) => `d.${metric}_sum / nullif(d.${metric}_count, 0)`),
  ],
  source: ({ now }) => `circuit_${grain} d ${withCircuit('d', now)}`,
  where: ({ from, to }) => `d.org_id = $1 and d.start >= ${from} and d.start < ${to}`,
  order: 'd.start, d.circuit_id, d.stretch_from',
  matches: {
    site: equals('d.site_id'),
    circuit: equals('d.circuit_id'),
    region: equals('d.region'),
    provider: equals('d.provider'),
  },
});

export const CIRCUIT_PERIODS = (Object.keys(GRAINS) as Grain[]).map(circuitPeriods);
