import type { Transaction } from '@app/shared';
import { resolveSites } from '../inventory/inventory.repository.js';
import type { Cells } from './cells.js';
import type { ImportContext } from './kind.js';

/** Where a row belongs, in the words of the file. */
export interface PortPlace {
  readonly siteId: string;
  readonly mac: string;
  readonly portId: string;
}

export const PLACE_COLUMNS = ['site_id', 'mac', 'port_id'] as const;

export const parsePlace = (cells: Cells): PortPlace => ({
  siteId: cells.id('site_id'),
  mac: cells.id('mac'),
  portId: cells.id('port_id'),
});

/** A row with our keys of its circuit and site. */
export type Placed<T> = T & { readonly circuitId: number; readonly siteKey: number };

/** Finds sites and circuits of the rows; those that no file named before are made. */
export async function placed<T extends PortPlace>(
  tx: Transaction,
  { org, facts }: ImportContext,
  rows: readonly T[],
): Promise<Placed<T>[]> {
  const sites = await resolveSites(
    tx,
    org.id,
    rows.map(({ siteId }) => siteId),
  );
  const sited = rows.map((row) => ({ ...row, siteKey: found(sites.get(row.siteId)) }));
  const ports = new Map(sited.map(({ mac, portId, siteKey }) => [`${mac}|${portId}`, { mac, portId, siteId: siteKey }]));
  const circuits = await facts.resolveCircuits(tx, org.id, [...ports.values()]);
  return sited.map((row) => ({ ...row, circuitId: found(circuits.get(`${row.mac}|${row.portId}`)) }));
}

function found(key: number | undefined): number {
  if (key === undefined) throw new RangeError('A site or circuit of the import was neither found nor made.');
  return key;
}
