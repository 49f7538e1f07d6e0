import type { AttributeSource, CircuitRole, EpochMs } from '@app/domain';
import { byTrust } from './attribute-order.js';
import { lockLinks, portsOf } from './circuit-aliases.repository.js';
import type { Database, Queryable } from './database.js';

/** What can be said of a circuit; `null` = not said. */
export interface AttributeValues {
  readonly name: string | null;
  readonly role: CircuitRole | null;
  readonly provider: string | null;
  readonly type: string | null;
  readonly bandwidthDownMbps: number | null;
  readonly bandwidthUpMbps: number | null;
}

/** One dated row about a circuit; since ever where `since` is null, to this day where `until` is. */
export interface DatedAttributes extends AttributeValues {
  readonly source: AttributeSource;
  readonly since: EpochMs | null;
  readonly until: EpochMs | null;
}

/** What holds for a circuit now, by who says it. */
export interface CircuitSettings {
  readonly key: number;
  /** `mac:port` */
  readonly id: string;
  readonly mac: string;
  readonly portId: string;
  readonly siteId: string;
  readonly configured: AttributeValues;
  /** From Mist: what its configuration and its gateways tell, each from the most trusted of them. */
  readonly told: AttributeValues;
  /** Who of them tells it. */
  readonly toldBy: Readonly<Record<keyof AttributeValues, AttributeSource | null>>;
  /** Ports that carried it before its gateway was replaced. */
  readonly earlierIds: readonly string[];
}

const COLUMNS = {
  name: 'name',
  role: 'role',
  provider: 'provider',
  type: 'type',
  bandwidthDownMbps: 'bandwidth_down_mbps',
  bandwidthUpMbps: 'bandwidth_up_mbps',
} as const satisfies Record<keyof AttributeValues, string>;
export const ATTRIBUTES = Object.keys(COLUMNS) as readonly (keyof AttributeValues)[];

const finite = (column: string): string =>
  `case when isfinite(t.${column}) then round(extract(epoch from t.${column}) * 1000)::float8 end as ${column}`;
const selected = ATTRIBUTES.map((name) => `t.${COLUMNS[name]} as "${name}"`).join(', ');

/** Everything that was ever said of a circuit, by date; who configures comes first. */
export function attributeHistory(db: Queryable, orgId: number, circuitKey: number): Promise<DatedAttributes[]> {
  return db.query<DatedAttributes>(
    `select t.source, ${finite('since')}, ${finite('until')}, ${selected} from circuit_attribute t where t.org_id = $1 and t.circuit_id = $2
     order by ${byTrust('t.source')}, t.since`,
    [orgId, circuitKey],
  );
}

export interface RowChange {
  readonly orgId: number;
  readonly circuitKey: number;
  readonly since: EpochMs | null;
  /** All values of the row; null deletes it. */
  readonly values: AttributeValues | null;
  readonly at: Date;
  readonly actor: string;
}

/**
 * Replaces one dated row of an operator, or takes it away. Stored hours get the utilization they should have had. False: there is no such row to take
 * away.
 */
export async function changeAttributes(db: Database, change: RowChange): Promise<boolean> {
  const { orgId, circuitKey, values } = change;
  const since = change.since === null ? '-infinity' : new Date(change.since);
  return db.transaction(async (tx) => {
    await lockLinks(tx, orgId, 'shared');
    await tx.query('select 1 from circuit where org_id = $1 and id = $2 for no key update', [orgId, circuitKey]);
    const gone = await tx.query(
      `delete from circuit_attribute where org_id = $1 and circuit_id = $2 and source = 'configured' and since = $3 returning 1`,
      [orgId, circuitKey, since],
    );
    if (values === null && gone.length === 0) return false;
    if (values !== null) {
      await tx.query(
        `insert into circuit_attribute (org_id, circuit_id, source, since, ${ATTRIBUTES.map((name) => COLUMNS[name]).join(', ')})
         values ($1, $2, 'configured', $3, ${ATTRIBUTES.map((_name, i) => `$${String(i + 4)}`).join(', ')})`,
        [orgId, circuitKey, since, ...ATTRIBUTES.map((name) => values[name])],
      );
    }
    await tx.query('update circuit set rederive_due = true where org_id = $1 and id = $2', [orgId, circuitKey]);
    await tx.query(
      `insert into audit (org_id, at, actor, action, subject, details) values ($1, $2, $3, 'circuits.attributes', $4, $5)`,
      [orgId, change.at, change.actor, `circuit:${String(circuitKey)}`, JSON.stringify({ since: change.since, values })],
    );
    return true;
  });
}

const TOLD = "<> 'configured'";
const newest = (what: string, column: string, sources: string): string =>
  `(array_agg(t.${what} order by ${byTrust('t.source')}, t.since desc) filter (where t.${column} is not null and t.source ${sources}))[1]`;
const objectOf = (valueOf: (column: string) => string): string =>
  `jsonb_build_object(${ATTRIBUTES.map((name) => `'${name}', ${valueOf(COLUMNS[name])}`).join(', ')})`;
const valuesOf = (sources: string): string => objectOf((column) => newest(column, column, sources));

const SETTINGS = `select c.id as key, c.mac || ':' || c.port_id as id, c.mac, c.port_id as "portId", s.external_id as "siteId", a.configured, a.told, a."toldBy",
     array(select x.mac || ':' || x.port_id from circuit_alias x where x.org_id = $1 and x.circuit_id = c.id order by x.until) as "earlierIds"
   from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id cross join lateral (
     select ${valuesOf("= 'configured'")} as configured, ${valuesOf(TOLD)} as told,
       ${objectOf((column) => newest('source', column, TOLD))} as "toldBy"
     from circuit_attribute t where t.org_id = c.org_id and t.circuit_id = c.id and t.since <= $2 and t.until > $2) a`;

/** Circuits of an org after a key, with what is configured and what Mist says as of now; disabled ports are left out. */
export function listCircuitSettings(
  db: Queryable,
  orgId: number,
  { at, after, limit }: { at: Date; after: number; limit: number },
): Promise<CircuitSettings[]> {
  return db.query<CircuitSettings>(`${SETTINGS} where c.org_id = $1 and c.id > $3 and not c.disabled order by c.id limit $4`, [
    orgId,
    at,
    after,
    limit,
  ]);
}

/** The circuits that have these ids (`mac:port`) today. */
export function findCircuitSettings(
  db: Queryable,
  orgId: number,
  { at, ids }: { at: Date; ids: readonly string[] },
): Promise<CircuitSettings[]> {
  const ports = ids.flatMap((id) => portsOf(id));
  return db.query<CircuitSettings>(
    `${SETTINGS} where c.org_id = $1 and (c.mac, c.port_id) in (select * from unnest($3::text[], $4::text[])) order by c.id`,
    [orgId, at, ports.map(({ mac }) => mac), ports.map(({ portId }) => portId)],
  );
}

/** What Mist says where nobody configured anything, or something else. */
export interface Suggestion {
  readonly attribute: keyof AttributeValues;
  readonly told: string | number;
  readonly configured: string | number | null;
  readonly toldBy: AttributeSource | null;
}

/** What Mist says and the configuration does not. */
export const suggestionsOf = ({
  configured,
  told,
  toldBy,
}: Pick<CircuitSettings, 'configured' | 'told' | 'toldBy'>): Suggestion[] =>
  ATTRIBUTES.flatMap((attribute) => {
    const [value, own] = [told[attribute], configured[attribute]];
    return value === null || value === own ? [] : [{ attribute, told: value, configured: own, toldBy: toldBy[attribute] }];
  });
