import { readRows, type ImportFormat, type RawRow } from './reader.js';

const COLUMNS = { columns: ['id', 'name', 'value'], required: ['id', 'value'] };

async function read(
  text: string | Uint8Array,
  { format = 'csv', pieces = 1 }: { format?: ImportFormat; pieces?: number } = {},
): Promise<string[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  const size = Math.ceil(bytes.length / pieces);
  const source = Array.from({ length: pieces }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
  const rows: RawRow[] = [];
  for await (const batch of readRows(source, format, COLUMNS)) rows.push(...batch);
  return rows.map(
    (row) => `${String(row.line)} ${row.row === null ? `${row.column ?? '-'}: ${row.reason}` : JSON.stringify(row.row)}`,
  );
}

describe('a CSV file', () => {
  it('is read whatever its line ends, byte order mark, order of columns and blank lines', async () => {
    const expected = ['2 {"id":"a","value":"1"}', '4 {"id":"b","value":"2"}'];
    expect(await read('\uFEFFvalue,other,id\r\n1,x,a\r\n\r\n2,y,b\r\n')).toEqual(expected);
    expect(await read('Value , other,ID\n1,x,a\n,,\n2,y,b')).toEqual(expected);
  });

  it('loses the lines that are not UTF-8, and no others, however the bytes arrive', async () => {
    const text = Buffer.concat([
      Buffer.from('id,value\na\uFFFDb,1\n'),
      Buffer.from('caf\xe9,2\n"caf\xe8",3\n', 'latin1'),
      Buffer.from('ü,4\n'),
      Buffer.from('z\xe9', 'latin1'),
    ]);
    for (const pieces of [20, 40]) {
      const rows = await read(text, { pieces });
      expect(rows).toEqual([
        '2 {"id":"a\uFFFDb","value":"1"}',
        expect.stringMatching(/^3 .*not UTF-8/),
        expect.stringMatching(/^4 .*not UTF-8/),
        '5 {"id":"ü","value":"4"}',
        expect.stringMatching(/^6 .*not UTF-8/),
      ]);
    }
  });

  it('is the same however its bytes arrive', async () => {
    const text = '\uFEFFid,name,value\r\nä,"Zürich, 1\r\nfloor ""2""",1\r\nb,€,2\r\n';
    const whole = await read(text);
    expect(whole).toEqual(['2 {"id":"ä","name":"Zürich, 1\\nfloor \\"2\\"","value":"1"}', '4 {"id":"b","name":"€","value":"2"}']);
    for (const pieces of [2, 3, 7, 50]) expect(await read(text, { pieces })).toEqual(whole);
  });

  it('loses only the line on which a quote is wrong', async () => {
    const text = 'id,name,value\na,"open,1\nb,fine,2\nc,"also",3\nd,5" pipe,4\ne,"x"y,5\nf,,6\n';
    expect(await read(text)).toEqual([
      expect.stringMatching(/^2 -: a quote/),
      '3 {"id":"b","name":"fine","value":"2"}',
      '4 {"id":"c","name":"also","value":"3"}',
      expect.stringMatching(/^5 -: a quote/),
      expect.stringMatching(/^6 -: a quote/),
      '7 {"id":"f","name":"","value":"6"}',
    ]);
  });

  it('gets by a quote that is never closed, without reading the rest into it', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `r${String(i)},${'n'.repeat(60)},${String(i)}`);
    const rows = await read(`id,name,value\nbad,"open,1\n${lines.join('\n')}\n`);
    expect(rows).toHaveLength(3001);
    expect(rows[0]).toMatch(/^2 -: a quoted cell is never closed/);
    expect(rows.slice(1).every((row) => row.includes('{"id"'))).toBe(true);
  });

  it('refuses lines with too few or too many cells, huge cells, and its header once more', async () => {
    const text = `id,name,value\na,1\nb,n,1,\nc,n,1,2\nd,${'x'.repeat(70_000)},1\nid,name,value\n`;
    expect(await read(text)).toEqual([
      '2 -: has 2 cells, the header has 3',
      '3 {"id":"b","name":"n","value":"1"}',
      '4 -: has 4 cells, the header has 3',
      '5 name: is longer than 64 KB',
      '6 -: is the header once more',
    ]);
  });

  it('refuses a line of more than a megabyte without keeping it', async () => {
    expect(await read(`id,name,value\na,${'x'.repeat(3_000_000)},1\nb,n,2\n`, { pieces: 20 })).toEqual([
      '2 -: the line is longer than 1 MB',
      '3 {"id":"b","name":"n","value":"2"}',
    ]);
  });

  it.each([
    ['', /file is empty.*id,name,value/],
    ['\n\r\n', /file is empty/],
    ['id,name\n1,2\n', /Line 1 names no column value; required are id, value/],
    ['id;value\n1;2\n', /separated by commas/],
    ['id,value,value\n', /names the column value twice/],
    ['id,value\r1,2\r', /CR alone/],
  ])('with a wrong header is refused as a whole: %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('may have unknown columns twice, and no rows', async () => {
    expect(await read('id,value,x,x\n')).toEqual([]);
  });
});

describe('an NDJSON file', () => {
  it('gives objects, and tells of lines that are none', async () => {
    expect(await read('{"id":1}\r\n\n{"id":\n[1]\nnull\n{"id":"b","x":2}', { format: 'ndjson' })).toEqual([
      '1 {"id":1}',
      '3 -: is not JSON; each line should be one JSON object',
      '4 -: is not a JSON object',
      '5 -: is not a JSON object',
      '6 {"id":"b","x":2}',
    ]);
  });

  it('may be empty', async () => {
    expect(await read('', { format: 'ndjson' })).toEqual([]);
  });
});
