import type { EpochMs } from '@app/domain';
import type { PathRecord } from '@app/mist';
import type { Queryable } from '@app/shared';

interface PastRow {
  readonly mac: string;
  readonly port_id: string;
  readonly until_ms: number;
  readonly device_id: number;
  readonly now_port: string;
  readonly names: readonly string[];
}

/** Where peer paths of replaced gateways belong: under the gateway that carries their circuit today, as all its paths do. */
export class PastPaths {
  constructor(private readonly rows: readonly PastRow[]) {}

  placeOf({
    mac,
    portName,
    sample: { at },
  }: Pick<PathRecord, 'mac' | 'portName'> & { sample: { at: EpochMs } }):
    { deviceId: number; portName: string } | Record<string, never> {
    const row = this.rows.find(
      (each) => each.mac === mac && at < each.until_ms && (each.port_id === portName || each.names.includes(portName)),
    );
    if (row === undefined) return {};
    return { deviceId: row.device_id, portName: row.port_id === portName ? row.now_port : portName };
  }
}

/** Replaced gateways among those of the paths. */
export async function pastPathsOf(db: Queryable, orgId: number, paths: readonly PathRecord[]): Promise<PastPaths> {
  const rows = await db.query<PastRow>(
    `select a.mac, a.port_id, (extract(epoch from a.until) * 1000)::float8 as until_ms, d.id as device_id, c.port_id as now_port,
       array(select t.name from circuit_attribute t where t.org_id = $1 and t.circuit_id = c.id and t.source = 'mist' and t.name is not null) as names
     from circuit_alias a join circuit c on c.org_id = a.org_id and c.id = a.circuit_id join device d on d.org_id = c.org_id and d.mac = c.mac
     where a.org_id = $1 and a.mac = any($2) and a.released_at is null`,
    [orgId, [...new Set(paths.map(({ mac }) => mac))]],
  );
  return new PastPaths(rows);
}
