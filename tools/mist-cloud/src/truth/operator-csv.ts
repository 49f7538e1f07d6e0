import type { Truth } from './truth.js';

type Cell = string | number;

const quoted = (cell: Cell): string => (/[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));

const csv = (head: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [head, ...rows].map((row) => `${row.map(quoted).join(',')}\n`).join('');

/** What an operator would load: sites with region and store type, circuits with what was bought. Dates are empty: since ever. */
export const operatorCsv = (truth: Truth, orgId: string): { readonly sites: string; readonly circuits: string } => ({
  sites: csv(
    ['site_id', 'name', 'timezone', 'region', 'region_since', 'store_type', 'country_code'],
    truth.sites(orgId).map((site) => [site.siteId, site.name, site.timezone, site.region, '', site.storeType, site.countryCode]),
  ),
  circuits: csv(
    ['site_id', 'mac', 'port_id', 'name', 'role', 'provider', 'type', 'bandwidth_down_mbps', 'bandwidth_up_mbps', 'since'],
    truth
      .circuits(orgId)
      .map((row) => [
        row.siteId,
        row.mac,
        row.portId,
        row.name,
        row.role,
        row.provider,
        row.type,
        row.bandwidthDownMbps,
        row.bandwidthUpMbps,
        '',
      ]),
  ),
});
