import { createHmac, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigItem } from '../config/config-items.js';
import { auditRow, type AuditEntry, type Change } from './audited.js';
import type { Database, Queryable } from './database.js';

/** First key of the advisory locks under which one process at a time compares the configuration of an org. */
const CONFIG_LOCK = 7_340_034;
/** As the audit log names it: nobody is known who wrote the file. */
const ACTOR = 'configuration';
const SALT_BYTES = 16;

interface KeptItem {
  readonly item: string;
  readonly value: unknown;
  readonly salt: Buffer;
  readonly digest: Buffer;
}

/**
 * Notes what the configuration says now, and writes into the audit log what it said otherwise before: `config-added`, `config-changed`,
 * `config-removed`, with both values where they may be shown. What is seen for the first time is no change. Returns how many items differed.
 */
export async function recordConfig(
  database: Database,
  orgId: number,
  items: ReadonlyMap<string, ConfigItem>,
  at: Date,
): Promise<number> {
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1, $2)', [CONFIG_LOCK, orgId]);
    const kept = await tx.query<KeptItem & { [column: string]: unknown }>(
      'select item, value, salt, digest from config_item where org_id = $1',
      [orgId],
    );
    const entries = differences(new Map(kept.map((row) => [row.item, row])), items);
    if (kept.length > 0) for (const entry of entries) await auditRow(tx, orgId, { at, actor: ACTOR, ...entry });
    if (kept.length === 0 || entries.length > 0) await store(tx, orgId, items);
    return kept.length === 0 ? 0 : entries.length;
  });
}

type Told = Omit<AuditEntry, keyof Change>;

function differences(kept: ReadonlyMap<string, KeptItem>, items: ReadonlyMap<string, ConfigItem>): Told[] {
  const names = [...new Set([...kept.keys(), ...items.keys()])].sort();
  return names.flatMap((name): Told[] => {
    const [was, is] = [kept.get(name), items.get(name)];
    if (was === undefined)
      return [{ action: 'config-added', subject: name, details: is?.hidden === null ? { to: is.shown } : {} }];
    if (is === undefined)
      return [{ action: 'config-removed', subject: name, details: was.value === null ? {} : { from: was.value } }];
    if (isSame(was, is)) return [];
    return [{ action: 'config-changed', subject: name, details: is.hidden === null ? { from: was.value, to: is.shown } : {} }];
  });
}

/** As it comes back from the database. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;
/** Salted, so that equal secrets of two orgs do not look alike. */
const digestOf = ({ hidden }: ConfigItem, salt: Buffer): Buffer =>
  createHmac('sha256', salt)
    .update(hidden ?? '')
    .digest();

const isSame = ({ value, salt, digest }: KeptItem, item: ConfigItem): boolean =>
  isDeepStrictEqual(value, plain(item.shown)) && digestOf(item, salt).equals(digest);

async function store(tx: Queryable, orgId: number, items: ReadonlyMap<string, ConfigItem>): Promise<void> {
  const rows = [...items].map(([name, item]) => ({ name, item, salt: randomBytes(SALT_BYTES) }));
  await tx.query('delete from config_item where org_id = $1', [orgId]);
  await tx.query(
    `insert into config_item (org_id, item, value, salt, digest)
     select $1, u.item, u.value::jsonb, u.salt, u.digest from unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[]) as u (item, value, salt, digest)`,
    [
      orgId,
      rows.map(({ name }) => name),
      rows.map(({ item }) => JSON.stringify(item.shown)),
      rows.map(({ salt }) => salt),
      rows.map(({ item, salt }) => digestOf(item, salt)),
    ],
  );
}
