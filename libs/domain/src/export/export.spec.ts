import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvHead, csvLine, ndjsonLine, neutralCsvText, neutralText, sheetRow, type ExportColumn } from './index.js';

const COLUMNS: readonly ExportColumn[] = [
  { name: 'name', type: 'text', about: 'Name' },
  { name: 'bytes', type: 'integer', about: 'Bytes' },
  { name: 'change_pct', type: 'number', about: 'Change' },
  { name: 'up', type: 'boolean', about: 'Up' },
  { name: 'at', type: 'time', about: 'When' },
];
const FORMULA = /^[=+\-@＝＋－＠]/;

describe('a line of CSV', () => {
  it.each(['=1+1', '+49', '-5', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1'])('neutralises the text %j', (text) => {
    expect(neutralText(text)).toBe(`'${text}`);
  });

  it('leaves numbers alone, and what nobody knows empty', () => {
    expect(csvHead(COLUMNS)).toBe('name,bytes,change_pct,up,at\r\n');
    expect(csvLine(COLUMNS, ['=cmd|"x"', '-12', '-0.5', 't', null])).toBe(`"'=cmd|""x""",-12,-0.5,true,\r\n`);
    expect(csvLine(COLUMNS, [null, null, 'NaN', null, null])).toBe(',,,,\r\n');
  });

  it('is no formula where another separator splits a text', () => {
    expect(csvLine(COLUMNS.slice(0, 2), ['x;=cmd|"y"', '-12'])).toBe(`"x;'=cmd|""y""",-12\r\n`);
    expect(neutralCsvText('a\r\n-1\t@b; c;"=d')).toBe(`a\r\n'-1\t'@b; c;'"=d`);
  });

  it('is no formula for a reader that splits at ; or tab, whether it knows quotes or none', () => {
    const pieces = fc.constantFrom(';', '\t', '\r', '\n', ',', '"', ' ', '=', '+', '-', '@', '＝', 'x', "'");
    const text = fc.array(pieces, { maxLength: 12 }).map((some) => some.join(''));
    const columns = ['a', 'b', 'c'].map((name): ExportColumn => ({ name, type: 'text', about: '' }));
    const lenient = { relax_quotes: true, relax_column_count: true, record_delimiter: ['\r\n', '\n', '\r'] };
    fc.assert(
      fc.property(fc.tuple(text, text, text), (texts) => {
        const line = csvLine(columns, texts);
        for (const delimiter of [';', '\t'])
          expect(parse(line, { ...lenient, delimiter, quote: null }).flat()).not.toContainEqual(expect.stringMatching(FORMULA));
        // The most lenient: a cell may begin with an empty quoted part, or with a quote that nobody closes.
        for (const cell of line.split(/[;\t\r\n]/)) expect(cell.replace(/^(?:"|(?:"")+)(?!")/, '')).not.toMatch(FORMULA);
      }),
      { numRuns: 300 },
    );
  });

  it('is read back as it was, whatever the texts hold', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (texts) => {
        const columns = texts.map((_text, i): ExportColumn => ({ name: `c${String(i)}`, type: 'text', about: '' }));
        const read = parse(csvLine(columns, texts) + csvLine(columns, texts), { record_delimiter: '\r\n' });
        expect(read).toEqual([texts.map(neutralCsvText), texts.map(neutralCsvText)]);
      }),
    );
  });
});

it('writes JSON with the types of the columns, and texts as they are', () => {
  const line = ndjsonLine(COLUMNS, ['=1 "\n', '-12', '1e+21', 'f', '2026-03-01T12:00:00Z']);
  expect(line.endsWith('}\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({ name: '=1 "\n', bytes: -12, change_pct: 1e21, up: false, at: '2026-03-01T12:00:00Z' });
  expect(JSON.parse(ndjsonLine(COLUMNS, [null, null, 'NaN', null, null]))).toMatchObject({ change_pct: null, up: null });
});

it('gives cells of a spreadsheet their types', () => {
  expect(sheetRow(COLUMNS, ['=1', '12', '0.5', 't', '2026-03-01T12:00:00Z'])).toEqual([
    "'=1",
    12,
    0.5,
    true,
    new Date('2026-03-01T12:00:00Z'),
  ]);
  expect(sheetRow(COLUMNS, ['x'.repeat(40_000), '9007199254740993', 'NaN', null, null])).toEqual([
    'x'.repeat(32_767),
    '9007199254740993',
    null,
    null,
    null,
  ]);
});
