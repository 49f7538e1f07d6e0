import { inMaintenance, type Outage } from '@app/domain';
import type { ValueColumn } from '../value-column.js';

/** A circuit as outages name it. */
export interface OutageCircuit {
  readonly key: number;
  readonly id: string;
  readonly name: string | null;
  readonly site_id: string;
  readonly site_name: string | null;
  readonly region: string;
  readonly provider: string | null;
}

export interface CircuitOutage {
  readonly circuit: OutageCircuit;
  readonly outage: Outage;
}

const seconds = (ms: number): number => ms / 1000;

export const OUTAGE_COLUMNS: readonly ValueColumn<CircuitOutage>[] = [
  { name: 'circuit_id', type: 'text', about: '`mac:port`.', of: ({ circuit }) => circuit.id },
  { name: 'circuit_name', type: 'text', about: 'Its name now.', of: ({ circuit }) => circuit.name },
  { name: 'site_id', type: 'text', about: 'Its site now.', of: ({ circuit }) => circuit.site_id },
  { name: 'site_name', type: 'text', about: 'Name of the site.', of: ({ circuit }) => circuit.site_name },
  { name: 'region', type: 'text', about: 'Region of the site now.', of: ({ circuit }) => circuit.region },
  { name: 'provider', type: 'text', about: 'Who carries it now.', of: ({ circuit }) => circuit.provider },
  {
    name: 'start',
    type: 'time',
    about: 'When it went down; may lie before the period.',
    of: ({ outage }) => new Date(outage.start),
  },
  { name: 'end', type: 'time', about: 'Last instant at which it is known to be down.', of: ({ outage }) => new Date(outage.end) },
  {
    name: 'up_again',
    type: 'time',
    about: 'When it was seen up again; empty while it was not.',
    of: ({ outage }) => (outage.upAgainAt === null ? null : new Date(outage.upAgainAt)),
  },
  {
    name: 'duration_s',
    type: 'number',
    unit: 's',
    about: 'From start to end.',
    of: ({ outage }) => seconds(outage.end - outage.start),
  },
  { name: 'down_s', type: 'number', unit: 's', about: 'Known to be down.', of: ({ outage }) => seconds(outage.downMs) },
  {
    name: 'unknown_s',
    type: 'number',
    unit: 's',
    about: 'Nobody knows.',
    of: ({ outage }) => seconds(outage.end - outage.start - outage.downMs),
  },
  {
    name: 'maintenance_s',
    type: 'number',
    unit: 's',
    about: 'Of the down time, inside maintenance.',
    of: ({ outage }) => seconds(outage.maintenanceMs),
  },
  { name: 'in_maintenance', type: 'text', about: '`no`, `partly` or `wholly`.', of: ({ outage }) => inMaintenance(outage) },
];
