/** What a change of an attribute means for rollups, in the same transaction. Many write attributes, and few do it often. */

const circuitMarks = (name: string, changed: string): string => `
      create function ${name}() returns trigger language plpgsql as $$ begin
        insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
        select org_id, circuit_id, min(since), 'infinity' from (${changed}) x group by org_id, circuit_id;
        return null;
      end $$;`;

/** Circuits that are at the site, and those that have days there: hours keep the site of their time. */
const siteMarks = (name: string, changed: string): string => `
      create function ${name}() returns trigger language plpgsql as $$ begin
        insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
        select x.org_id, c.circuit_id, x.since, 'infinity'
        from (select org_id, site_id, min(since) as since from (${changed}) s group by org_id, site_id) x
        cross join lateral (
          select id as circuit_id from circuit where org_id = x.org_id and site_id = x.site_id
          union select circuit_id from circuit_day where org_id = x.org_id and site_id = x.site_id and start > x.since - interval '2 days') c;
        return null;
      end $$;`;

const PROVIDER = 'org_id, circuit_id, since';
const PLACE = 'org_id, site_id, since';
const joined = (key: string): string => `before b join after a using (${key})`;

/** A row that says nothing of what decides the groups changes none. */
const functions = [
  circuitMarks('mark_provider_added', `select ${PROVIDER} from after where provider is not null`),
  circuitMarks('mark_provider_removed', `select ${PROVIDER} from before where provider is not null`),
  circuitMarks(
    'mark_provider_changed',
    `select ${PROVIDER} from ${joined('org_id, circuit_id, source, since')} where a.provider is distinct from b.provider`,
  ),
  siteMarks('mark_place_added', `select ${PLACE} from after where region is not null or store_type is not null`),
  siteMarks('mark_place_removed', `select ${PLACE} from before where region is not null or store_type is not null`),
  siteMarks(
    'mark_place_changed',
    `select ${PLACE} from ${joined('org_id, site_id, source, since')} where (a.region, a.store_type) is distinct from (b.region, b.store_type)`,
  ),
  siteMarks(
    'mark_country_changed',
    `select org_id, id as site_id, '-infinity'::timestamptz as since from ${joined('org_id, id')} where a.country_code is distinct from b.country_code`,
  ),
];

const EVENTS = { added: 'insert', removed: 'delete', changed: 'update' } as const;
const SEEN = {
  insert: 'new table as after',
  delete: 'old table as before',
  update: 'old table as before new table as after',
} as const;

const trigger = (table: string, subject: string, what: keyof typeof EVENTS): string => {
  const event = EVENTS[what];
  return `
      create trigger mark_${subject}_${what} after ${event} on ${table} referencing ${SEEN[event]}
        for each statement execute function mark_${subject}_${what}();`;
};

const triggers = [
  ...(['added', 'removed', 'changed'] as const).flatMap((what) => [
    trigger('circuit_attribute', 'provider', what),
    trigger('site_attribute', 'place', what),
  ]),
  trigger('site', 'country', 'changed'),
];

const droppings = [
  ['circuit_attribute', 'provider', 'added'],
  ['circuit_attribute', 'provider', 'removed'],
  ['circuit_attribute', 'provider', 'changed'],
  ['site_attribute', 'place', 'added'],
  ['site_attribute', 'place', 'removed'],
  ['site_attribute', 'place', 'changed'],
  ['site', 'country', 'changed'],
] as const;

export const ROLLUP_TRIGGERS = {
  up: [...functions, ...triggers].join(''),
  down: droppings
    .map(([table, subject, what]) => `drop trigger mark_${subject}_${what} on ${table}; drop function mark_${subject}_${what}();`)
    .join(' '),
};
