import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fenceRuleOf } from './fence-rules.js';

const table = (name: string, ...columns: string[]) => ({
  name,
  columns: columns.map((column) => ({ name: column.replace('?', ''), isRequired: !column.endsWith('?') })),
});
const rowsOf = (name: string, ...columns: string[]): string => fenceRuleOf(table(name, ...columns)).rows;

describe('what is inside of a fence', () => {
  it('is nothing of a table that nobody thought of', () => {
    expect(rowsOf('new_table', 'id', 'text')).toBe('false');
    expect(rowsOf('new_table', 'org_id', 'text')).toBe('false');
    expect(rowsOf('secret', 'org_id', 'region')).toBe('false');
  });

  it('is what belongs to a site that is, by each column that tells of an owner', () => {
    expect(rowsOf('new_table', 'org_id', 'site_id')).toMatch(/^t\.org_id = .* and t\.site_id in \(.*inside_site/);
    expect(rowsOf('new_table', 'org_id', 'site_id', 'circuit_id')).toMatch(/t\.site_id in .* and t\.circuit_id in /);
    expect(rowsOf('new_table', 'org_id', 'site_external_id?')).not.toContain('is null');
  });

  it('leaves out rows without any owner, which are of the organization', () => {
    const rows = rowsOf('alert', 'org_id', 'site_id?', 'circuit_id?');
    expect(rows).toMatch(
      /\(t\.site_id is null or .*\) and \(t\.circuit_id is null or .*\) and num_nonnulls\(t\.site_id, t\.circuit_id\) > 0$/,
    );
  });

  it('lets a row be written only where it can be seen, but for the audit', () => {
    expect(fenceRuleOf(table('alert_note', 'org_id', 'alert_id')).writes).toBe('inside');
    expect(fenceRuleOf(table('audit', 'id', 'org_id?'))).toEqual({ rows: 'false', writes: 'any' });
  });

  it('keeps answers for who they were given to', () => {
    expect(rowsOf('idempotent_answer', 'caller_id', 'key')).toBe(`t.caller_id = current_setting('mistwatch.caller')`);
  });
});

it('is gone around by no statement: none names the schema of the tables, or another search path', () => {
  const root = fileURLToPath(new URL('../../../../../', import.meta.url));
  const statements = ['libs/shared/src', 'apps/api/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/spec|fixture|\bfence\b|\bmigrations\b/.test(file))
      .map((file) => join(root, folder, file)),
  );
  expect(statements.length).toBeGreaterThan(300);
  const around = /\b(?:from|join|into|update|only|table)\s+"?public"?\.|search_path/i;
  expect(statements.filter((file) => around.test(readFileSync(file, 'utf8')))).toEqual([]);
});
