import { createHash } from 'node:crypto';
import { FENCE_SCHEMA } from './fence.js';
import { fenceRuleOf, INSIDE_LISTS, OWNING_VIEWS, WRITTEN_TABLES, type CatalogTable } from './fence-rules.js';

/** What runs statements of a migration. */
export interface FenceRunner {
  query(sql: string): Promise<unknown>;
}

const CATALOG = `select c.relname as name,
    json_agg(json_build_object('name', a.attname, 'isRequired', a.attnotnull) order by a.attnum) as columns
  from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  group by c.relname order by c.relname`;

const TRIGGERED = `select distinct t.tgfoid::regprocedure::text as name from pg_trigger t join pg_class c on c.oid = t.tgrelid
  where c.relnamespace = 'public'::regnamespace and c.relname in (${WRITTEN_TABLES.map((table) => `'${table}'`).join(', ')})
    and not t.tgisinternal order by 1`;

const FINGERPRINT = `select obj_description(oid, 'pg_namespace') as fingerprint from pg_namespace where nspname = '${FENCE_SCHEMA}'`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function viewOf(table: CatalogTable): string {
  const { rows, writes } = fenceRuleOf(table);
  return `create view ${FENCE_SCHEMA}.${quoted(table.name)} as select t.* from public.${quoted(table.name)} t where ${rows}
    ${writes === 'inside' ? 'with local check option' : ''};`;
}

/** Every table has its view, those that nobody thought of too. */
export function fenceStatements(tables: readonly CatalogTable[]): string {
  const rank = ({ name }: CatalogTable): number =>
    OWNING_VIEWS.includes(name) ? OWNING_VIEWS.indexOf(name) : OWNING_VIEWS.length;
  const ordered = [...tables].sort((a, b) => rank(a) - rank(b));
  return [`create schema ${FENCE_SCHEMA};`, ...INSIDE_LISTS, ...ordered.map(viewOf)].join('\n');
}

/** Views stand in the way of whoever changes a table. */
export async function dropFence(runner: FenceRunner): Promise<void> {
  await runner.query(`drop schema if exists ${FENCE_SCHEMA} cascade`);
}

/** Makes the views that fit the tables as they are now, when those that are there do not. Inside of a transaction. */
export async function raiseFence(runner: FenceRunner): Promise<void> {
  const triggered = (await runner.query(TRIGGERED)) as { name: string }[];
  const statements = [
    fenceStatements((await runner.query(CATALOG)) as CatalogTable[]),
    ...triggered.map(({ name }) => `alter function ${name} set search_path = public;`),
  ].join('\n');
  const fingerprint = createHash('sha256').update(statements).digest('hex');
  const [standing] = (await runner.query(FINGERPRINT)) as { fingerprint: string | null }[];
  if (standing?.fingerprint === fingerprint) return;
  await dropFence(runner);
  await runner.query(statements);
  await runner.query(`comment on schema ${FENCE_SCHEMA} is '${fingerprint}'`);
}
