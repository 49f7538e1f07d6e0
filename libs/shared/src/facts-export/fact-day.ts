import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ndjsonLine, type Bucket } from '@app/domain';
import { readTexts } from '../database/read-texts.js';
import type { Database, Queryable } from '../database/database.js';
import type { ScheduledOrg } from '../database/reports/report-runs.repository.js';
import { exportQuery } from '../exports/sql-source.js';
import type { SqlTable } from '../exports/export-table.js';
import { CIRCUIT_HOURS, PATH_HOURS, SITE_SLE_DAYS, SITE_SLE_HOURS } from '../exports/hours.js';
import { CIRCUIT_PERIODS } from '../exports/rollups.js';
import {
  diskError,
  discardLeftovers,
  discardOlder,
  discardPart,
  ENDING,
  isMissing,
  publishPart,
  replaceText,
  writeGzipPart,
} from './gzip-file.js';

/** What a warehouse gets of each day. */
const TABLES: readonly SqlTable[] = [
  CIRCUIT_HOURS,
  ...CIRCUIT_PERIODS.filter(({ name }) => name === 'circuit-days'),
  PATH_HOURS,
  SITE_SLE_HOURS,
  SITE_SLE_DAYS,
];

/** A local day of an organization that goes into a folder. */
export interface FactDay {
  readonly org: ScheduledOrg;
  readonly day: Bucket;
  readonly folder: string;
  readonly now: number;
}

/** One table of a day. `file` is relative to the folder of the organization. */
export interface FactFile {
  readonly table: string;
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a day's files are: written after them, so that what it names is whole. */
export interface FactManifest {
  readonly org: string;
  readonly day: string;
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  /** Changes with the facts of the day. */
  readonly revision: string;
  readonly written_at: string;
  readonly files: readonly FactFile[];
}

/** Ids come from outside; in a path they are one name. */
const nameOf = (id: string): string => encodeURIComponent(id).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
const dated = (day: string): string => day.replaceAll('-', '/');
const orgFolder = ({ org, folder }: Pick<FactDay, 'org' | 'folder'>): string => join(folder, nameOf(org.externalId));
const manifestPath = (day: FactDay): string => join(orgFolder(day), 'manifest', `${dated(day.day.key)}.json`);

/** The manifest of a day; `null` = the day was not written, or what stands there is no manifest of it. */
export async function readManifest(day: FactDay): Promise<FactManifest | null> {
  const path = manifestPath(day);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw diskError(error, path);
  });
  const manifest = text === null ? null : parsed(text);
  // Another zone has other days of the same name.
  return manifest?.timezone === day.org.zone ? manifest : null;
}

function parsed(text: string): FactManifest | null {
  try {
    const value = JSON.parse(text) as Partial<FactManifest> | null;
    return typeof value?.revision === 'string' && Array.isArray(value.files) ? (value as FactManifest) : null;
  } catch {
    return null; // somebody else wrote it: the day is written again
  }
}

/** How often the facts of a day were changed. What is named otherwise since does not count: the files say what was true when they were written. */
export async function factRevision(db: Queryable, { org, day }: Pick<FactDay, 'org' | 'day'>): Promise<string> {
  const [row] = await db.query<{ changes: string }>(
    `select coalesce(sum(changes), 0)::text as changes from data_change where org_id = $1 and day >= date_trunc('day', $2::timestamptz, 'UTC') and day < $3`,
    [org.id, new Date(day.from), new Date(day.to)],
  );
  return row?.changes ?? '0';
}

/**
 * Writes the tables of a day, those that differ from what stands there, then the manifest, and takes away what it no longer names: at any time the
 * manifest names files that are there. Nobody else may be writing the same day.
 */
export async function writeFactDay(database: Database, day: FactDay): Promise<FactManifest> {
  const { org, now } = day;
  // Before the data: what changes meanwhile is written once more at worst.
  const revision = await factRevision(database, day);
  await discardLeftovers(manifestPath(day));
  const files: FactFile[] = [];
  for (const table of TABLES) files.push(await writeTable(database, table, day));
  const manifest: FactManifest = {
    org: org.externalId,
    day: day.day.key,
    from: new Date(day.day.from).toISOString(),
    to: new Date(day.day.to).toISOString(),
    timezone: org.zone,
    revision,
    written_at: new Date(now).toISOString(),
    files,
  };
  await replaceText(manifestPath(day), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const { file } of files) await discardOlder(join(orgFolder(day), file), basename(dated(day.day.key)));
  return manifest;
}

/** Letters of the SHA-256 in the name of a file: another content has another name. */
const HASH_LETTERS = 12;

async function writeTable(database: Database, table: SqlTable, day: FactDay): Promise<FactFile> {
  const stem = join(table.name, dated(day.day.key));
  const { from, to } = day.day;
  const { sql, values } = exportQuery(table, { now: day.now, from, to, filters: {} });
  let rows = 0;
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const some of readTexts(database, { sql, values: [day.org.id, ...values] })) {
      rows += some.length;
      yield Buffer.from(some.map((row) => ndjsonLine(table.columns, row)).join(''));
    }
  }
  const beside = join(orgFolder(day), stem);
  await discardLeftovers(beside);
  const { path: part, ...written } = await writeGzipPart(beside, lines());
  const file = `${stem}.${written.sha256.slice(0, HASH_LETTERS)}${ENDING}`;
  const path = join(orgFolder(day), file);
  if (await isThere(path)) await discardPart(part);
  else await publishPart(part, path);
  return { table: table.name, file, rows, ...written };
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw diskError(error, path);
  }
}
