import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, outagesOf, UNASSIGNED_REGION, type ExportRow } from '@app/domain';
import { byTrust, Database, maintenanceOf, readTexts, statesOf, type AskedExport } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { CircuitOutage, OutageCircuit } from './tables/outages.js';

/** Circuits whose outages are looked up together. */
const TOGETHER = 200;
/** Outages may have begun so long before a period; their maintenance counts. */
const LONGEST_MS = 400 * DAY_MS;
const newest = (column: string): string =>
  `(array_agg(t.${column} order by ${byTrust('t.source')}, t.since desc) filter (where t.${column} is not null))[1]`;

@Injectable()
export class ExportsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Rows of a statement as text, some at a time; `$1` is the org, the values begin at `$2`. */
  texts(scope: OrgScope, { sql, values }: { sql: string; values: readonly unknown[] }): AsyncGenerator<readonly ExportRow[]> {
    return readTexts(this.database, { sql, values: [scope.orgId, ...values] });
  }

  /** Circuits as they are named now, or were last: those of removed sites had outages too. */
  async outageCircuits(scope: OrgScope, { now, filters }: AskedExport): Promise<OutageCircuit[]> {
    const { site = null, circuit = null, region = null, provider = null } = filters;
    return this.rows<OutageCircuit & { [column: string]: unknown }>(
      scope,
      `select * from (
         select c.id as key, c.mac || ':' || c.port_id as id, coalesce(a.name, c.wan_name) as name, s.id as site_key, s.external_id as site_id, s.name as site_name,
           coalesce(p.region, nullif(s.country_code, ''), '${UNASSIGNED_REGION}') as region, a.provider, c.mac, c.port_id
         from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
         left join (select t.circuit_id, ${newest('name')} as name, ${newest('provider')} as provider from circuit_attribute t
           where t.org_id = $1 and t.since <= $2 and t.until > $2 group by 1) a on a.circuit_id = c.id
         left join (select t.site_id, ${newest('region')} as region from site_attribute t where t.org_id = $1 and t.since <= $2 group by 1) p
           on p.site_id = s.id
         where c.org_id = $1) o
       where ($3::int is null or site_key = $3) and ($4::int is null or key = $4) and ($5::text is null or region = $5) and ($6::text is null or provider = $6)
       order by site_key, mac, port_id`,
      [new Date(now), site, circuit, region, provider],
    );
  }

  /** Outages that touch a period, whole, circuit by circuit. */
  async *outages(
    scope: OrgScope,
    circuits: readonly OutageCircuit[],
    { from, to }: { from: number; to: number },
  ): AsyncGenerator<readonly CircuitOutage[]> {
    for (let i = 0; i < circuits.length; i += TOGETHER) {
      const some = circuits.slice(i, i + TOGETHER);
      const keys = some.map(({ key }) => key);
      const [states, windows] = await Promise.all([
        statesOf(this.database, scope.orgId, keys, { from, to }),
        maintenanceOf(this.database, scope.orgId, keys, { from: from - LONGEST_MS, to }),
      ]);
      const outagesOfCircuit = ({ key }: OutageCircuit) =>
        outagesOf(states.get(key) ?? [], windows.get(key) ?? []).filter(({ end }) => end > from);
      yield some.flatMap((circuit) => outagesOfCircuit(circuit).map((outage) => ({ circuit, outage })));
    }
  }
}
