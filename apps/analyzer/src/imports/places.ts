import type { EpochMs } from '@app/domain';
import type { Queryable, Transaction } from '@app/shared';
import { portKey } from '../facts/circuits.repository.js';
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

/** Sites of circuits that are polled: a poll knows where a box stands today, and history must not move it back. */
async function sitesOfLive(db: Queryable, orgId: number, ports: readonly PortPlace[]): Promise<Map<string, number>> {
  const rows = await db.query<{ mac: string; portId: string; siteKey: number }>(
    `select c.mac, c.port_id as "portId", c.site_id as "siteKey" from unnest($2::text[], $3::text[]) as u (mac, port)
     join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port and c.is_live`,
    [orgId, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
  return new Map(rows.map((row) => [portKey(row), row.siteKey]));
}

/** Our keys of a place. */
export interface PlaceKeys {
  readonly circuitId: number;
  readonly siteKey: number;
  /** Whether what was told there at a time is about the circuit: what a replaced gateway told after its circuit had gone on without it is left out. */
  takes(at: EpochMs): boolean;
}

/** Sites and circuits of these places, in their order; those that no file named before are made. Of a port at several sites the last place counts. */
export async function resolvePlaces(
  tx: Transaction,
  { org, facts }: ImportContext,
  places: readonly PortPlace[],
): Promise<PlaceKeys[]> {
  const keys = places.map(portKey);
  const ports = [...new Map(places.map((place, i) => [keys[i] ?? '', place])).values()];
  const sites = await resolveSites(tx, org.id, [...new Set(places.map(({ siteId }) => siteId))]);
  const live = await sitesOfLive(tx, org.id, ports);
  const circuits = await facts.resolveCircuits(
    tx,
    org.id,
    ports.map((port) => ({
      mac: port.mac,
      portId: port.portId,
      siteId: live.get(portKey(port)) ?? found(sites.get(port.siteId)),
    })),
  );
  return places.map(({ siteId }, i) => {
    const key = keys[i] ?? '';
    return {
      circuitId: found(circuits.get(key)),
      siteKey: found(sites.get(siteId)),
      takes: (at) => circuits.takes(key, at),
    };
  });
}

/** The rows with our keys of their circuits and sites; with the time of a row, those that are not about their circuit are left out. */
export async function placed<T extends PortPlace>(
  tx: Transaction,
  context: ImportContext,
  rows: readonly T[],
  timeOf: (row: T) => EpochMs = () => -Infinity,
): Promise<Placed<T>[]> {
  const places = await resolvePlaces(tx, context, rows);
  return rows.flatMap((row, i) => {
    const place = places[i];
    if (place?.takes(timeOf(row)) !== true) return [];
    return [{ ...row, siteKey: place.siteKey, circuitId: place.circuitId }];
  });
}

function found(key: number | undefined): number {
  if (key === undefined) throw new RangeError('A site or circuit of the import was neither found nor made.');
  return key;
}
