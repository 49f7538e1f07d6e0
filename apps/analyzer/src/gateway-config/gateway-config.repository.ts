import type { GatewayConfigRecord } from '@app/mist';
import type { Queryable } from '@app/shared';
import { lastByKey } from '../inventory/inventory.repository.js';
import { CONFIG_SOURCES, saidOf, type Said } from './said.js';

export interface ConfigRead {
  readonly orgId: number;
  readonly siteId: string;
  readonly observedAt: Date;
}

/**
 * Keeps what the gateways of a site are configured to do with their circuits: what is new is said from now on (the first time since ever, as nobody
 * knows since when), what is gone ends now. A reading older than the stored one changes nothing. Returns how many circuits got another bandwidth.
 */
export async function storeGatewayConfigs(
  tx: Queryable,
  read: ConfigRead,
  records: readonly GatewayConfigRecord[],
): Promise<number> {
  const { orgId, siteId, observedAt } = read;
  const newer = await tx.query(
    `update site set gateway_config_at = $3 where org_id = $1 and external_id = $2
       and (gateway_config_at is null or gateway_config_at < $3) returning 1`,
    [orgId, siteId, observedAt],
  );
  if (newer.length === 0 || records.length === 0) return 0;
  const macs = [...new Set(records.map(({ mac }) => mac))];
  await tx.query('select 1 from circuit where org_id = $1 and mac = any($2) order by id for no key update', [orgId, macs]);
  const said = lastByKey(saidOf(records), (row) => `${row.mac} ${row.portId} ${row.source}`);
  const ended = await endUnsaid(tx, read, { macs, said });
  const begun = await beginSaid(tx, read, said);
  const changed = [...new Set([...ended, ...begun])];
  await tx.query('update circuit set rederive_due = true where org_id = $1 and id = any($2)', [orgId, changed]);
  return changed.length;
}

const SAID =
  'unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[]) as u (mac, port, source, role, type, up)';
const columnsOf = (said: readonly Said[]): unknown[] => [
  said.map(({ mac }) => mac),
  said.map(({ portId }) => portId),
  said.map(({ source }) => source),
  said.map(({ role }) => role),
  said.map(({ type }) => type),
  said.map(({ upMbps }) => upMbps),
];
/** Whether a row of attributes says what is said now. */
const SAME = '(a.role, a.type, a.bandwidth_up_mbps) is not distinct from (u.role, u.type, u.up)';

interface Touched {
  readonly id: number;
  readonly source: Said['source'];
}

const shaped = (rows: readonly Touched[]): number[] =>
  rows.flatMap(({ id, source }) => (source === 'traffic_shaping' ? [id] : []));

/** Ends what these gateways say no longer, or say otherwise; a row that began at the same instant was never said. */
async function endUnsaid(
  tx: Queryable,
  { orgId, observedAt }: ConfigRead,
  { macs, said }: { readonly macs: readonly string[]; readonly said: readonly Said[] },
): Promise<number[]> {
  const gone = `circuit c where c.org_id = $1 and c.mac = any($9) and a.org_id = $1 and a.circuit_id = c.id and a.source = any($10) and a.until = 'infinity'
    and not exists (select 1 from ${SAID} where u.mac = c.mac and u.port = c.port_id and u.source = a.source and ${SAME})`;
  const values = [orgId, observedAt, ...columnsOf(said), macs, CONFIG_SOURCES];
  const undone = await tx.query<Touched>(
    `delete from circuit_attribute a using ${gone} and a.since >= $2 returning a.circuit_id as id, a.source`,
    values,
  );
  const ended = await tx.query<Touched>(
    `update circuit_attribute a set until = $2 from ${gone} and a.since < $2 returning a.circuit_id as id, a.source`,
    values,
  );
  return shaped([...undone, ...ended]);
}

async function beginSaid(tx: Queryable, { orgId, observedAt }: ConfigRead, said: readonly Said[]): Promise<number[]> {
  const begun = await tx.query<Touched>(
    `insert into circuit_attribute (org_id, circuit_id, source, since, role, type, bandwidth_up_mbps)
     select $1, c.id, u.source, case when exists (
         select 1 from circuit_attribute e where e.org_id = $1 and e.circuit_id = c.id and e.source = u.source) then $2 else '-infinity'::timestamptz end,
       u.role, u.type, u.up
     from ${SAID} join circuit c on c.org_id = $1 and c.mac = u.mac and c.port_id = u.port
     where not exists (select 1 from circuit_attribute a where a.org_id = $1 and a.circuit_id = c.id and a.source = u.source and a.until = 'infinity')
     order by c.id, u.source
     returning circuit_id as id, source`,
    [orgId, observedAt, ...columnsOf(said)],
  );
  return shaped(begun);
}
