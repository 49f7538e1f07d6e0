import { UNASSIGNED_REGION, type AlertSubject, type EpochMs } from '@app/domain';
import type { Queryable, Row } from './database.js';

interface SubjectRow extends Omit<AlertSubject, 'circuits' | 'providers'>, Row {
  readonly alertId: number;
  readonly circuit: string | null;
  readonly provider: string | null;
}

/** Configured values go before Mist's, later ones before earlier. */
const newest = (table: string, column: string, key: string): string =>
  `(select t.${column} from ${table} t where t.org_id = a.org_id and ${key} and t.since <= $3 and t.${column} is not null
    order by t.source, t.since desc limit 1)`;

/** What matchers can ask of these alerts (`null`: of all that are open), by alert; regions, store types and providers as of now. */
export async function alertSubjects(
  db: Queryable,
  orgId: number,
  alertIds: readonly number[] | null,
  now: EpochMs,
): Promise<Map<number, AlertSubject>> {
  const rows = await db.query<SubjectRow>(
    `select a.id as "alertId", a.rule, a.severity, o.external_id as org, s.external_id as site,
       case when s.id is not null then coalesce(${newest('site_attribute', 'region', 't.site_id = s.id')}, s.country_code, $4) end as region,
       ${newest('site_attribute', 'store_type', 't.site_id = s.id')} as "storeType", c.mac || ':' || c.port_id as circuit,
       ${newest('circuit_attribute', 'provider', 't.circuit_id = c.id')} as provider,
       array(select m->>'metric' from jsonb_array_elements(case jsonb_typeof(a.details->'metrics') when 'array' then a.details->'metrics' else '[]' end) m
         union select a.details->>'metric' where a.details ? 'metric') as metrics
     from alert a join org o on o.id = a.org_id left join site s on s.org_id = a.org_id and s.id = a.site_id
     left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
     where a.org_id = $1 and ${alertIds === null ? `a.status <> 'resolved' and $2::bigint[] is null` : 'a.id = any($2::bigint[])'}
     order by a.id`,
    [orgId, alertIds, new Date(now), UNASSIGNED_REGION],
  );
  return new Map(
    rows.map(({ alertId, circuit, provider, ...rest }) => [
      alertId,
      { ...rest, circuits: circuit === null ? [] : [circuit], providers: provider === null ? [] : [provider] },
    ]),
  );
}
