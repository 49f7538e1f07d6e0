import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PermanentError } from '../errors.js';
import type { Database, Queryable } from './database.js';
import { prepared } from './prepared.js';

export const API_ROLES = ['viewer', 'operator', 'admin'] as const;
/** What a key may do, ascending: read; also act (acknowledge, collect, load attributes); also manage keys. */
export type ApiRole = (typeof API_ROLES)[number];

export interface ApiKeyOrg {
  readonly id: number;
  readonly externalId: string;
  /** Ids of Mist's site groups, when the key reaches only the sites that belong to one of them; `null` = the whole organization. */
  readonly siteGroups: readonly string[] | null;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: ApiRole;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
  /** As the audit log names them; `null` = nobody knows any more. */
  readonly createdBy: string | null;
  readonly orgs: readonly ApiKeyOrg[];
}

export interface NewApiKey {
  readonly name: string;
  readonly role: ApiRole;
  /** Ids of the orgs as people know them; at least one. */
  readonly orgIds: readonly string[];
  /** Ids of Mist's site groups that limit it, some of each org; left out: whole orgs. */
  readonly siteGroups?: readonly string[];
  readonly expiresAt?: Date;
  readonly now: Date;
  /** Who made it, for the audit log and for those who look for their keys when they go. */
  readonly actor: string;
}

const KEY = /^mw_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;
const ID_BYTES = 8;
/** 256 random bits need no slow hash: there is nothing to guess. */
const SECRET_BYTES = 32;
const LAST_USED_STEP_MS = 60_000;

const COLUMNS = `k.id, k.name, k.role, k.created_at as "createdAt", k.expires_at as "expiresAt", k.revoked_at as "revokedAt",
  k.last_used_at as "lastUsedAt", k.created_by as "createdBy",
  (select coalesce(json_agg(json_build_object('id', o.id, 'externalId', o.external_id, 'siteGroups', ko.site_groups) order by o.id), '[]')
     from api_key_org ko join org o on o.id = ko.org_id where ko.key_id = k.id) as orgs`;

const KEY_WITH_HASH = prepared(`select ${COLUMNS}, k.key_hash as hash from api_key k where k.id = $1`);

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Makes a key; `secret` is the only copy of what the client must send, `mw_<id>_<secret>`. */
export async function createApiKey(db: Database, given: NewApiKey): Promise<{ key: ApiKey; secret: string }> {
  if (given.orgIds.length === 0) throw new PermanentError('API_KEY_WITHOUT_ORG', 'An API key needs at least one organization.');
  const id = randomBytes(ID_BYTES).toString('hex');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  const key = await db.transaction(async (tx) => {
    await tx.query(
      `insert into api_key (id, key_hash, name, role, created_at, expires_at, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
      [id, hashOf(secret), given.name, given.role, given.now, given.expiresAt ?? null, given.actor],
    );
    await grantOrgs(tx, id, given.orgIds);
    if (given.siteGroups !== undefined) await limitToSiteGroups(tx, id, given.siteGroups);
    await tx.query(
      `insert into audit (org_id, at, actor, action, subject, details)
       select org_id, $2, $3, 'key.create', $1, jsonb_build_object('name', $4::text, 'role', $5::text) ||
         case when site_groups is null then '{}' else jsonb_build_object('siteGroups', site_groups) end
       from api_key_org where key_id = $1`,
      [id, given.now, given.actor, given.name, given.role],
    );
    return readKey(tx, id);
  });
  return { key, secret: `mw_${id}_${secret}` };
}

async function grantOrgs(tx: Queryable, keyId: string, orgIds: readonly string[]): Promise<void> {
  const granted = await tx.query<{ externalId: string }>(
    `with found as (select id, external_id from org where external_id = any($2)),
          granted as (insert into api_key_org (key_id, org_id) select $1, id from found)
     select external_id as "externalId" from found`,
    [keyId, orgIds],
  );
  const known = new Set(granted.map(({ externalId }) => externalId));
  const unknown = orgIds.filter((orgId) => !known.has(orgId));
  if (unknown.length > 0)
    throw new PermanentError('ORG_UNKNOWN', `There is no organization ${unknown.map((each) => `"${each}"`).join(', ')}.`);
}

const [UNKNOWN_GROUP, MISSING_GROUP] = ['SITE_GROUP_UNKNOWN', 'SITE_GROUP_MISSING'] as const;
/** Codes of keys that are not made because of their site groups. */
export const SITE_GROUP_FAULTS: ReadonlySet<string> = new Set([UNKNOWN_GROUP, MISSING_GROUP]);

async function limitToSiteGroups(tx: Queryable, keyId: string, siteGroups: readonly string[]): Promise<void> {
  const orgs = await tx.query<{ externalId: string; taken: string[]; known: string[] }>(
    `select o.external_id as "externalId", coalesce(array_agg(g.external_id) filter (where g.external_id = any($2)), '{}') as taken,
       coalesce(array_agg(g.external_id || ' (' || g.name || ')' order by g.name) filter (where g.external_id is not null), '{}') as known
     from api_key_org ko join org o on o.id = ko.org_id left join site_group g on g.org_id = ko.org_id
     where ko.key_id = $1 group by o.id order by o.id`,
    [keyId, siteGroups],
  );
  const found = new Set(orgs.flatMap(({ taken }) => taken));
  const unknown = siteGroups.filter((group) => !found.has(group));
  const without = orgs.find(({ taken }) => taken.length === 0);
  if (unknown.length > 0)
    throw new PermanentError(
      UNKNOWN_GROUP,
      `There is no site group ${unknown.map((each) => `"${each}"`).join(', ')}. ${knownGroups(orgs.flatMap(({ known }) => known))}`,
    );
  if (without !== undefined)
    throw new PermanentError(
      MISSING_GROUP,
      `None of the site groups belongs to the organization "${without.externalId}": name one of its own, or leave it out.`,
    );
  await tx.query(
    `update api_key_org ko set site_groups = array(
       select g.external_id from site_group g where g.org_id = ko.org_id and g.external_id = any($2) order by 1)
     where ko.key_id = $1`,
    [keyId, siteGroups],
  );
}

const MOST_TOLD = 20;

const knownGroups = (known: readonly string[]): string =>
  known.length === 0
    ? "None is known yet: Mist's site groups come with the inventory, once an hour."
    : `Known: ${known.slice(0, MOST_TOLD).join(', ')}${known.length > MOST_TOLD ? ` and ${String(known.length - MOST_TOLD)} more` : ''}.`;

async function readKey(db: Queryable, id: string): Promise<ApiKey> {
  const [key] = await db.query<ApiKey>(`select ${COLUMNS} from api_key k where k.id = $1`, [id]);
  if (key === undefined) throw new PermanentError('API_KEY_UNKNOWN', `There is no API key "${id}".`);
  return key;
}

/** The key a client sent, when it is genuine, not revoked and not expired; else `null`, without saying which. */
export async function authenticateApiKey(db: Queryable, sent: string, now: Date): Promise<ApiKey | null> {
  const match = KEY.exec(sent);
  if (match === null) return null;
  const [row] = await db.query<ApiKey & { hash: Buffer }>(KEY_WITH_HASH, [match[1]]);
  if (row === undefined || !timingSafeEqual(row.hash, hashOf(match[2] ?? ''))) return null;
  const { hash: _hash, ...key } = row;
  if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return null;
  if (key.lastUsedAt === null || now.getTime() - key.lastUsedAt.getTime() >= LAST_USED_STEP_MS) {
    await db.query('update api_key set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)', [
      key.id,
      now,
    ]);
  }
  return key;
}

const ONLY_OF_ORGS = `not exists (select 1 from api_key_org ko where ko.key_id = k.id and ko.org_id <> all($1))`;

/** Keys that reach no other orgs than these: a key that also reaches others is not theirs to see. Of one maker, or of all. */
export function listApiKeys(db: Queryable, orgIds: readonly number[], createdBy: string | null = null): Promise<ApiKey[]> {
  return db.query<ApiKey>(
    `select ${COLUMNS} from api_key k where ${ONLY_OF_ORGS} and ($2::text is null or k.created_by = $2) order by k.created_at, k.id`,
    [orgIds, createdBy],
  );
}

/** Ends a key at once; `false` when there is none that reaches only these orgs. Revoking twice is harmless, and told once. */
export async function revokeApiKey(
  db: Database,
  revoke: { id: string; orgIds: readonly number[]; now: Date; actor: string },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [key] = await tx.query<{ isRevoked: boolean }>(
      `select k.revoked_at is not null as "isRevoked" from api_key k where ${ONLY_OF_ORGS} and k.id = $2 for update`,
      [revoke.orgIds, revoke.id],
    );
    if (key === undefined || key.isRevoked) return key !== undefined;
    await tx.query('update api_key set revoked_at = $2 where id = $1', [revoke.id, revoke.now]);
    await tx.query(
      `insert into audit (org_id, at, actor, action, subject) select org_id, $2, $3, 'key.revoke', $1 from api_key_org where key_id = $1`,
      [revoke.id, revoke.now, revoke.actor],
    );
    return true;
  });
}
