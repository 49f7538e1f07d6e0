import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { runMigrations } from '@app/shared';
import { testServerUrl } from './test-servers.js';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Key of the advisory lock under which one worker makes the template while the others wait. */
const TEMPLATE_LOCK = 7_340_099;
const SCHEMA_SOURCES = fileURLToPath(new URL('../../shared/src/database/', import.meta.url));

/** A migrated, empty database for one spec: a copy of a template, so it costs some 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = await ensureTemplate();
  return createDatabase((name) => `create database ${name} template ${template} strategy file_copy`);
}

/** A database without any table, for specs about migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase((name) => `create database ${name}`);
}

async function createDatabase(statement: (name: string) => string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(async (client) => client.query(statement(name)));
  const drop = async (): Promise<void> => {
    await onServer(async (client) => client.query(`drop database if exists ${name} with (force)`));
  };
  return { url: inDatabase(name), drop };
}

/** The template's name tells which schema it has, so a changed migration makes a new one. */
async function ensureTemplate(): Promise<string> {
  const name = `template_${schemaFingerprint()}`;
  await onServer(async (client) => {
    await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return;
    const partial = `${name}_partial`;
    await client.query(`drop database if exists ${partial} with (force)`);
    await client.query(`create database ${partial}`);
    await runMigrations(inDatabase(partial));
    await client.query(`alter database ${partial} rename to ${name}`);
  });
  return name;
}

function schemaFingerprint(): string {
  const files = readdirSync(SCHEMA_SOURCES, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('spec.ts'),
  );
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(readFileSync(join(SCHEMA_SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}

function inDatabase(name: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
