import { FENCE_SCHEMA } from './fence.js';

/** A table as the catalog tells of it. */
export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly isRequired: boolean }[];
}

/** Which rows `t` of a table are inside of a fence, and what may be written through its view. */
export interface FenceRule {
  readonly rows: string;
  /** `inside` = rows that are inside; `any` = also rows that the writer will not see again. */
  readonly writes: 'inside' | 'any';
}

const ORG = `current_setting('mistwatch.org')::integer`;
/** A literal of an array, so that the planner can read it. */
const GROUPS = `current_setting('mistwatch.site_groups')::text[]`;

/** A look into what is inside, which the planner may turn into a join: of an array it knows no length, and takes ten for thousands. */
const oneOf = (inside: string): string => `in (select o.id from ${FENCE_SCHEMA}.${inside} o)`;
const isIn = (inside: string) => (value: string) => `${value} ${oneOf(inside)}`;
const inView = (view: string) => (value: string) =>
  `exists (select from ${FENCE_SCHEMA}.${view} o where o.org_id = t.org_id and o.id = ${value})`;

/** Columns that tell whose a row is, and how to see that the owner is inside. */
const OWNERS: Readonly<Record<string, (value: string) => string>> = {
  site_id: isIn('inside_site'),
  site_external_id: (value) => `${value} in (select o.external_id from ${FENCE_SCHEMA}.inside_site o)`,
  circuit_id: isIn('inside_circuit'),
  device_id: isIn('inside_device'),
  alert_id: inView('alert'),
  incident_id: inView('incident'),
  delivery_id: inView('delivery'),
};

/** Views that the rules of others look into; they are made first, in this order. */
export const OWNING_VIEWS: readonly string[] = ['alert', 'incident', 'delivery'];

/** An incident tells of all of its alerts together: it is inside when each of them is. */
const INCIDENT = `exists (select from public.incident_alert i where i.org_id = t.org_id and i.incident_id = t.id)
    and not exists (select from public.incident_alert i where i.org_id = t.org_id and i.incident_id = t.id
      and not exists (select from ${FENCE_SCHEMA}.alert a where a.org_id = i.org_id and a.id = i.alert_id))`;

const INSIDE_ORG = `t.org_id = ${ORG}`;

/** Tables of which the columns alone do not tell. */
const EXPLICIT: Readonly<Record<string, FenceRule>> = {
  org: { rows: `t.id = ${ORG}`, writes: 'inside' },
  site: { rows: `${INSIDE_ORG} and t.id ${oneOf('inside_site')}`, writes: 'inside' },
  site_group: { rows: `${INSIDE_ORG} and t.external_id = any (${GROUPS})`, writes: 'inside' },
  incident: { rows: `${INSIDE_ORG} and ${INCIDENT}`, writes: 'inside' },
  // Also where the incident holds alerts of other sites, and nothing else of it is inside.
  incident_alert: { rows: `${INSIDE_ORG} and ${inView('alert')('t.alert_id')}`, writes: 'inside' },
  // Windows of the organization, a region or a provider hold for the sites inside too.
  maintenance: {
    rows: `${INSIDE_ORG} and (t.site_id is null or t.site_id ${oneOf('inside_site')})
      and (t.circuit_id is null or t.circuit_id ${oneOf('inside_circuit')})`,
    writes: 'inside',
  },
  idempotent_answer: { rows: `t.caller_id = current_setting('mistwatch.caller')`, writes: 'inside' },
  // Of the whole organization to read, but what is done to an alert is written down in it.
  audit: { rows: 'false', writes: 'any' },
};

/** How far the data of the organization goes: it names nothing, and figures of sites cannot be judged without it. */
const OF_THE_ORG = new Set(['poll_state', 'rollup_state', 'sle_history_state']);

/** What callers behind a fence write. Its triggers write down what follows where no fence shows it: they run outside. */
export const WRITTEN_TABLES: readonly string[] = [
  'alert',
  'alert_change',
  'alert_note',
  'audit',
  'idempotent_answer',
  'incident',
  'incident_decision',
  'incident_note',
  'outbox',
];

const NOTHING: FenceRule = { rows: 'false', writes: 'inside' };

/** Who may see which rows: by what the table says of their owners; a table that says nothing of them shows nothing. */
export function fenceRuleOf({ name, columns }: CatalogTable): FenceRule {
  const explicit = EXPLICIT[name];
  if (explicit !== undefined) return explicit;
  if (!columns.some((column) => column.name === 'org_id')) return NOTHING;
  if (OF_THE_ORG.has(name)) return { rows: INSIDE_ORG, writes: 'inside' };
  const owners = columns.flatMap((column) => {
    const inside = OWNERS[column.name]?.(`t.${column.name}`);
    return inside === undefined ? [] : [{ ...column, inside }];
  });
  if (owners.length === 0) return NOTHING;
  // A row without an owner is the organization's.
  const some = `num_nonnulls(${owners.map((owner) => `t.${owner.name}`).join(', ')}) > 0`;
  const isOwned = owners.length === 1 || owners.some(({ isRequired }) => isRequired);
  const each = owners.map(({ name: owner, isRequired, inside }) =>
    isRequired || owners.length === 1 ? inside : `(t.${owner} is null or ${inside})`,
  );
  return { rows: [INSIDE_ORG, ...each, ...(isOwned ? [] : [some])].join(' and '), writes: 'inside' };
}

/**
 * Who is inside. A site is by the groups that it has now, of those that still exist. Those of the caller are compared first, as a constant: of them
 * the planner knows how many sites there are. Of the others it must not believe that they leave a hundredth, hence `coalesce`.
 */
export const INSIDE_LISTS: readonly string[] = [
  `create view ${FENCE_SCHEMA}.inside_site as select s.id, s.external_id from public.site s
     where s.org_id = ${ORG} and s.sitegroup_ids && ${GROUPS} and coalesce(s.sitegroup_ids &&
       array(select g.external_id from public.site_group g where g.org_id = ${ORG} and g.external_id = any (${GROUPS})), false);`,
  ...(['circuit', 'device'] as const).map(
    (table) => `create view ${FENCE_SCHEMA}.inside_${table} as
      select o.id from public.${table} o where o.org_id = ${ORG} and o.site_id in (select s.id from ${FENCE_SCHEMA}.inside_site s);`,
  ),
];
