import { auditRow, type AuditEntry, type Change } from './audited.js';
import type { Database, Queryable } from './database.js';

/** First key of the advisory locks under which one process at a time compares the configuration of an org. */
const CONFIG_LOCK = 7_340_034;
/** As the audit log names it: nobody is known who wrote the file. */
const ACTOR = 'configuration';

interface Difference {
  readonly item: string;
  readonly isNew: boolean;
  readonly isGone: boolean;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * Notes what the configuration says now, and writes into the audit log what it said otherwise before: `config-added`, `config-changed`,
 * `config-removed`, with both values. What is seen for the first time is no change. Returns how many items differed.
 */
export async function recordConfig(
  database: Database,
  orgId: number,
  items: Readonly<Record<string, unknown>>,
  at: Date,
): Promise<number> {
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, $2)', [CONFIG_LOCK, orgId]);
    const differences = await differencesOf(tx, orgId, items);
    if (differences.length === 0) return 0;
    const isFirst = (await tx.query('select 1 from config_item where org_id = $1 limit 1', [orgId])).length === 0;
    if (!isFirst) for (const difference of differences) await auditRow(tx, orgId, { at, actor: ACTOR, ...told(difference) });
    await tx.query('delete from config_item where org_id = $1', [orgId]);
    await tx.query('insert into config_item (org_id, item, value) select $1, key, value from jsonb_each($2::jsonb)', [
      orgId,
      JSON.stringify(items),
    ]);
    return isFirst ? 0 : differences.length;
  });
}

const differencesOf = (tx: Queryable, orgId: number, items: Readonly<Record<string, unknown>>): Promise<Difference[]> =>
  tx.query<Difference & { [column: string]: unknown }>(
    `select coalesce(before.item, after.key) as item, before.item is null as "isNew", after.key is null as "isGone",
       before.value as "from", after.value as "to"
     from (select item, value from config_item where org_id = $1) before
       full join jsonb_each($2::jsonb) after on after.key = before.item
     where before.value is distinct from after.value order by 1`,
    [orgId, JSON.stringify(items)],
  );

function told({ item, isNew, isGone, from, to }: Difference): Omit<AuditEntry, keyof Change> {
  if (isNew) return { action: 'config-added', subject: item, details: { to } };
  if (isGone) return { action: 'config-removed', subject: item, details: { from } };
  return { action: 'config-changed', subject: item, details: { from, to } };
}
