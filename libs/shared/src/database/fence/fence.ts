import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

/** What a caller may see of the database: of one organization the sites that belong to one of these groups now, and nothing else. */
export interface Fence {
  readonly orgId: number;
  /** Ids of Mist's site groups. */
  readonly siteGroups: readonly string[];
  /** Whom the fence is for: what they were answered before is their own to see. */
  readonly callerId: string;
}

/** Where the views lie that take the place of the tables. */
export const FENCE_SCHEMA = 'scoped';

const fences = new AsyncLocalStorage<Fence>();

/** A fence with nothing inside: until it is known of which organization the caller may see something. */
export const fenceAroundNothing = (callerId: string): Fence => ({ orgId: NO_ORG, siteGroups: [], callerId });
const NO_ORG = 0;

/**
 * Whatever `work` asks of any database of this process, wherever it is asked, sees what is inside of the fence only. A fence around nothing may be
 * replaced; no other.
 */
export function fenced<T>(fence: Fence, work: () => T): T {
  if ((fences.getStore()?.orgId ?? NO_ORG) !== NO_ORG)
    throw new Error('A fence stands already, and no other may take its place.');
  return fences.run(fence, work);
}

/** The fence that stands around what runs now; `null` = none. */
export const fenceNow = (): Fence | null => fences.getStore() ?? null;

/**
 * Begins a transaction behind a fence, in one round trip. Only the schema of views is searched, not that of the tables: a table without a view is
 * an error, never an open door.
 */
export function beginFenced({ orgId, siteGroups, callerId }: Fence): string {
  return `begin; set local search_path = ${FENCE_SCHEMA};
    set local mistwatch.org = ${pg.escapeLiteral(String(orgId))};
    set local mistwatch.site_groups = ${pg.escapeLiteral(arrayLiteral(siteGroups))};
    set local mistwatch.caller = ${pg.escapeLiteral(callerId)}`;
}

/** As Postgres reads an array of texts. */
const arrayLiteral = (texts: readonly string[]): string =>
  `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
