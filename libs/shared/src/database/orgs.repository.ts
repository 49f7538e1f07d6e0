import { PermanentError } from '../errors.js';
import type { Queryable } from './database.js';

export interface OrgRow {
  readonly id: number;
  readonly externalId: string;
  readonly name: string | null;
  readonly reportingTimezone: string;
}

const COLUMNS = 'id, external_id as "externalId", name, reporting_timezone as "reportingTimezone"';

/** The org people name by this id; `null` when there is none. */
export async function findOrg(db: Queryable, externalId: string): Promise<OrgRow | null> {
  const rows = await db.query<OrgRow>(`select ${COLUMNS} from org where external_id = $1`, [externalId]);
  return rows[0] ?? null;
}

/** Like `findOrg`; throws `ORG_UNKNOWN` when there is none. */
export async function requireOrg(db: Queryable, externalId: string): Promise<OrgRow> {
  const org = await findOrg(db, externalId);
  if (org === null) throw new PermanentError('ORG_UNKNOWN', `There is no organization "${externalId}".`);
  return org;
}

/** Makes the org when it is new; a name or zone given later replaces the old one. */
export async function upsertOrg(
  db: Queryable,
  org: { externalId: string; name?: string; reportingTimezone?: string },
): Promise<OrgRow> {
  const rows = await db.query<OrgRow>(
    `insert into org (external_id, name, reporting_timezone) values ($1, $2, coalesce($3, 'UTC'))
     on conflict (external_id) do update
       set name = coalesce($2, org.name), reporting_timezone = coalesce($3, org.reporting_timezone)
     returning ${COLUMNS}`,
    [org.externalId, org.name ?? null, org.reportingTimezone ?? null],
  );
  const row = rows[0];
  if (row === undefined) throw new PermanentError('ORG_UNKNOWN', `Organization "${org.externalId}" could not be stored.`);
  return row;
}
