/** `text` may come from outside and is neutralised; `time` is RFC 3339 in UTC. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'time';

/** One column of an exported table, as its documentation shows it. */
export interface ExportColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly unit?: string;
  readonly about: string;
}

/** Values in the order of the columns, as text; `null` = nobody knows. */
export type ExportRow = readonly (string | null)[];
