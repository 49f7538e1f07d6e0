import readWorkbook from 'read-excel-file/node';
import { writeWorkbook } from './workbook.js';

const ROWS = [
  ['name', 'value', 'at', 'up'],
  ["'=1+1 <&> ünï \u{1f4c8}", -1.5, new Date('2026-03-01T12:00:00Z'), true],
  ['', null, null, false],
];

describe('a workbook', () => {
  it('is read by a spreadsheet with every value as it was', async () => {
    const bytes = await writeWorkbook([{ name: 'Figures', rows: ROWS }]);
    const [sheet] = await readWorkbook(bytes);
    expect(sheet?.sheet).toBe('Figures');
    expect(sheet?.data).toEqual([ROWS[0], ROWS[1], [null, null, null, false]]);
  });

  it('is the same bytes for the same sheets', async () => {
    const make = () => writeWorkbook([{ name: 'Figures', rows: ROWS }]);
    expect((await make()).equals(await make())).toBe(true);
  });

  it('takes any name for a sheet, and keeps those of one name apart', async () => {
    const names = ['a/b:c', 'A B C', 'x'.repeat(40), '', "'q'"];
    const sheets = await readWorkbook(await writeWorkbook(names.map((name) => ({ name, rows: [['x']] }))));
    expect(sheets.map(({ sheet }) => sheet)).toEqual(['a b c', 'A B C (2)', 'x'.repeat(31), 'Sheet', 'q']);
  });
});
