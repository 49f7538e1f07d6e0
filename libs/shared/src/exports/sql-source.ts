import type { ExportFilter, SqlTable } from './export-table.js';

/** What was asked of a table, checked and looked up. */
export interface AskedExport {
  readonly now: number;
  readonly from: number;
  readonly to: number;
  readonly filters: Partial<Readonly<Record<ExportFilter, string | number>>>;
}

/** The one statement of a table. `$1` is the org; whatever a table does not use of the others is named all the same, as Postgres wants. */
export function exportQuery(table: SqlTable, { now, from, to, filters }: AskedExport): { sql: string; values: unknown[] } {
  const values: unknown[] = [new Date(now), new Date(from), new Date(to)];
  const given = { now: '$2::timestamptz', from: '$3::timestamptz', to: '$4::timestamptz' };
  const conditions = (Object.entries(filters) as [ExportFilter, string | number][]).map(([filter, value]) => {
    const matches = table.matches[filter];
    if (matches === undefined) throw new RangeError(`The table ${table.name} knows no ${filter}.`);
    const type = typeof value === 'number' ? 'integer' : 'text';
    return `(${matches(`$${String(values.push(value) + 1)}::${type}`)})`;
  });
  const named = [given.now, given.from, given.to].map((parameter) => `${parameter} is not null`);
  return {
    sql: `select ${table.columns.map(({ sql, name }) => `${sql} as "${name}"`).join(', ')} from ${table.source(given)}
      where ${[table.where(given), ...conditions, ...named].join(' and ')} order by ${table.order}`,
    values,
  };
}
