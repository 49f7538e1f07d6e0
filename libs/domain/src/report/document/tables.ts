import {
  csvHead,
  csvLine,
  neutralText,
  sheetRow,
  type ExportColumn,
  type ExportRow,
  type SheetValue,
} from '../../export/index.js';
import { timeText } from '../layout.js';
import { tablesOf, type CellValue, type DocumentColumn, type ReportDocument, type TableBlock } from './document.js';

const TYPES = { text: 'text', tone: 'text', number: 'number', time: 'time' } as const;

const columnsOf = (columns: readonly DocumentColumn[]): ExportColumn[] =>
  columns.map(({ key, kind, title }) => ({ name: key, type: TYPES[kind], about: title }));

function textOf({ kind }: DocumentColumn, value: CellValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return kind === 'time' ? timeText(value) : String(value);
}

const rowsOf = ({ columns, rows }: TableBlock): ExportRow[] =>
  rows.map((row) => columns.map((column, i) => textOf(column, row[i] ?? null)));

/** Every table as CSV, one after the other: its name, its head, its rows, an empty line. Values are not rounded. */
export const renderCsv = (document: ReportDocument): string =>
  tablesOf(document)
    .map((table) => {
      const columns = columnsOf(table.columns);
      const title: ExportColumn = { name: table.title, type: 'text', about: '' };
      return (
        csvHead([title]) +
        csvHead(columns) +
        rowsOf(table)
          .map((row) => csvLine(columns, row))
          .join('')
      );
    })
    .join('\r\n');

/** A sheet with what the report is about, then one for every table. */
export function sheetsOf(document: ReportDocument): { name: string; rows: readonly (readonly SheetValue[])[] }[] {
  const about = [['Report', document.title], ...document.facts.map(([label, value]) => [label, neutralText(value)])];
  return [
    { name: 'About', rows: about },
    ...tablesOf(document).map((table) => {
      const columns = columnsOf(table.columns);
      return {
        name: table.title,
        rows: [columns.map(({ name }) => name), ...rowsOf(table).map((row) => sheetRow(columns, row))],
      };
    }),
  ];
}

/** The report for programs: rows as objects, times as RFC 3339, values not rounded. */
export function documentJson(document: ReportDocument): Readonly<Record<string, unknown>> {
  const valueOf = (column: DocumentColumn, value: CellValue): CellValue =>
    column.kind === 'time' ? textOf(column, value) : value;
  const rowJson = ({ columns }: TableBlock, row: readonly CellValue[]) =>
    Object.fromEntries(columns.map((column, i) => [column.key, valueOf(column, row[i] ?? null)]));
  return {
    report: document.kind,
    title: document.title,
    at: timeText(document.at),
    about: Object.fromEntries(document.facts.map(([label, value]) => [label.toLowerCase().replaceAll(' ', '_'), value])),
    figures: document.blocks.flatMap((block) => (block.kind === 'figures' ? block.figures : [])),
    charts: document.blocks.flatMap((block) =>
      block.kind === 'chart' ? [{ title: block.title, unit: block.unit, labels: block.labels, series: block.series }] : [],
    ),
    tables: Object.fromEntries(tablesOf(document).map((table) => [table.key, table.rows.map((row) => rowJson(table, row))])),
  };
}
