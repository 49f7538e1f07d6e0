import type { ExportColumn } from '@app/domain';
import type { ExportTable } from '@app/shared';
import { EXPORT_TABLES } from './catalogue.js';

const columnLine = ({ name, type, unit, about }: ExportColumn): string =>
  `| \`${name}\` | ${type}${unit === undefined ? '' : `, ${unit}`} | ${about.replaceAll('|', '\\|')} |`;

const tableSection = ({ name, about, columns, filters, defaultDays }: ExportTable): string => {
  const period = defaultDays === null ? 'As it is now.' : `Default period: ${String(defaultDays)} days.`;
  const narrowed = filters.length === 0 ? 'No filters.' : `Filters: ${filters.map((filter) => `\`${filter}\``).join(', ')}.`;
  return [
    `### ${name}`,
    '',
    about,
    '',
    `${period} ${narrowed}`,
    '',
    '| column | type | |',
    '| - | - | - |',
    ...columns.map(columnLine),
  ].join('\n');
};

/** Reference of all exported tables, as it stands in the documentation. */
export const exportReference = (): string => EXPORT_TABLES.map(tableSection).join('\n\n');
