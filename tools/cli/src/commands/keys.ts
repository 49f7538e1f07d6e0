import { API_ROLES, createApiKey, listApiKeys, revokeApiKey, upsertOrg, type ApiRole, type Database } from '@app/shared';
import { withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface NewKeyOptions {
  readonly org: readonly string[];
  /** Ids of Mist's site groups that limit it. */
  readonly siteGroup?: readonly string[];
  readonly role: string;
  readonly name: string;
  readonly expires?: string;
}

const isRole = (role: string): role is ApiRole => API_ROLES.some((known) => known === role);

/** `mistwatch keys create`: prints the key once; only its hash is stored. */
export async function createKeyCommand(shell: Shell, options: NewKeyOptions): Promise<void> {
  const { role } = options;
  if (!isRole(role)) throw new ExitError(`"${role}" is no role. Known roles: ${API_ROLES.join(', ')}.`, 2);
  const expiresAt = options.expires === undefined ? null : new Date(options.expires);
  if (expiresAt !== null && Number.isNaN(expiresAt.getTime()))
    throw new ExitError(`"${options.expires ?? ''}" is no time; use RFC 3339.`, 2);
  await onDatabase(shell, async (database) => {
    const { siteGroup: siteGroups } = options;
    // A key may be made before the first poll or import of its organization.
    for (const externalId of options.org) await upsertOrg(database, { externalId });
    const { key, secret } = await createApiKey(database, {
      name: options.name,
      role,
      orgIds: options.org,
      ...(siteGroups === undefined ? {} : { siteGroups }),
      now: new Date(),
      actor: 'cli',
      ...(expiresAt === null ? {} : { expiresAt }),
    });
    const limit = siteGroups === undefined ? '' : `, only sites of the site groups ${siteGroups.join(', ')}`;
    shell.warn(`Key ${key.id} (${role}) for ${options.org.join(', ')}${limit}. It is shown this once:`);
    shell.print(secret);
  });
}

export async function listKeysCommand(shell: Shell): Promise<void> {
  await onDatabase(shell, async (database) => {
    for (const key of await listApiKeys(database, await allOrgs(database))) shell.print(JSON.stringify(key));
  });
}

export async function revokeKeyCommand(shell: Shell, id: string): Promise<void> {
  await onDatabase(shell, async (database) => {
    const isRevoked = await revokeApiKey(database, { id, orgIds: await allOrgs(database), now: new Date(), actor: 'cli' });
    if (!isRevoked) throw new ExitError(`There is no key ${id}. "mistwatch keys list" shows all.`);
    shell.print(`Key ${id} is revoked.`);
  });
}

/** Whoever runs commands on the machine may see all organizations. */
const allOrgs = async (database: Database): Promise<number[]> =>
  (await database.query<{ id: number }>('select id from org')).map(({ id }) => id);

const onDatabase = (shell: Shell, work: Parameters<typeof withDatabase<void>>[1]): Promise<void> =>
  withServers(shell, ({ databaseUrl }) => withDatabase(databaseUrl, work));
