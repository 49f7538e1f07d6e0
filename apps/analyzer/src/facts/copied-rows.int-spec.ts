import { createTestDatabase, type TestDatabase } from '@app/testing';
import { copyIfNew, CopyWriter, Database, numbersLiteral, textsLiteral, type CopyCursor } from '@app/shared';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase();
  database = new Database({ url: testDatabase.url });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

/** What `read` makes of each row. */
async function copied<T>(select: string, read: (row: CopyCursor) => T): Promise<T[]> {
  const rows: T[] = [];
  await database.copyRows(select, (row) => rows.push(read(row)));
  return rows;
}

describe('a binary copy', () => {
  it('brings every type as it is stored', async () => {
    const rows = await copied(
      `select 32::smallint, -7, 9007199254740991::bigint, -1234567890123::bigint, 0.1::float8, true, false, 'Zürich'::text, '2026-03-29T01:59:59.999Z'::timestamptz,
         '1999-12-31T23:59:59.001Z'::timestamptz`,
      (row) => [
        ...[row.int2(), row.int4(), row.int8(), row.int8(), row.float8(), row.bool(), row.bool(), row.text()],
        ...[row.instant(), row.instant()],
      ],
    );
    expect(rows).toEqual([
      [
        ...[32, -7, 2 ** 53 - 1, -1234567890123, 0.1, true, false, 'Zürich'],
        ...[Date.UTC(2026, 2, 29, 1, 59, 59, 999), Date.UTC(1999, 11, 31, 23, 59, 59, 1)],
      ],
    ]);
  });

  it('brings nulls, and nothing of no rows', async () => {
    const rows = await copied(
      'select null::smallint, null::int, null::bigint, null::float8, null::timestamptz, null::bool, null::text, null::bytea, null::int[]',
      (row) => [
        ...[row.int2(), row.int4(), row.int8(), row.float8(), row.instant()],
        ...[row.bool(), row.text(), row.raw(), row.numbers()],
      ],
    );
    expect(rows).toEqual([[NaN, NaN, NaN, NaN, NaN, null, null, null, []]]);
    expect(await copied('select 1 where false', (row) => row.int4())).toEqual([]);
  });

  it('brings rows wider than what the connection gives at once, and many of them', async () => {
    const rows = await copied(`select i, repeat(chr(97 + i % 26), i * 40) from generate_series(1, 5000) as i`, (row) => {
      const [i, text] = [row.int4(), row.text() ?? ''];
      return i >= 1 && text === String.fromCharCode(97 + (i % 26)).repeat(i * 40);
    });
    expect(rows).toEqual(Array.from({ length: 5000 }, () => true));
  });

  it('takes lists of any texts and numbers', async () => {
    const texts = ['plain', '', 'a "quoted" \\ one', "it's {here}, or not", 'null', 'zwölf $1 %'];
    const numbers = [1, -2.5, Infinity, 0, 1e21, -Infinity];
    const rows = await copied(
      `select t, n from unnest(${textsLiteral(texts)}, ${numbersLiteral(numbers, 'float8')}) as u (t, n)`,
      (row) => [row.text(), row.float8()],
    );
    expect(rows).toEqual(texts.map((text, i) => [text, numbers[i]]));
    expect(() => numbersLiteral([NaN], 'int')).toThrow('no number');
  });

  it('makes texts that come again once, and tells apart what looks alike', async () => {
    const texts = ['a|0', 'b|0', '\u00e9', '\u00c3\u00a9', '', 'a|1', ...Array.from({ length: 20 }, (_, i) => `peer ${i}`)];
    const all = [...texts, ...texts, 'a|0', 'a|0'];
    const rows = await copied(`select t from unnest(${textsLiteral(all)}) as u (t)`, (row) => row.repeatedText());
    expect(rows).toEqual(all);
    expect(await copied('select null::text', (row) => row.repeatedText())).toEqual([null]);
  });

  it('refuses to read a value as another type, and leaves its connection usable', async () => {
    await database.transaction(async (tx) => {
      await tx.query('create temporary table here (n int)');
      await tx.query('insert into here select generate_series(1, 1000)');
      let sum = 0;
      await tx.copyRows('select n from here', (row) => (sum += row.int4()));
      expect(sum).toBe(500_500);
      await expect(tx.copyRows('select n::bigint from here', (row) => row.int4())).rejects.toThrow(
        '8 bytes where 4 were expected',
      );
      expect(await tx.query('select count(*)::int as n from here')).toEqual([{ n: 1000 }]);
    });
  });

  it('tells what the server says of a query that fails at once, or half way', async () => {
    await expect(copied('select 1 / 0', (row) => row.int4())).rejects.toThrow('division by zero');
    let read = 0;
    await expect(copied('select 1 / (20000 - i) from generate_series(1, 30000) as i', () => read++)).rejects.toThrow(
      'division by zero',
    );
    expect(read).toBe(19_999);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('rows appended to several tables', () => {
  const numbers = (...values: readonly number[]): CopyWriter => {
    const rows = new CopyWriter();
    for (const value of values) {
      rows.row(1);
      rows.float4(value);
    }
    return rows;
  };
  const table = (name: string, ...values: readonly number[]) => ({ table: name, columns: ['n'], rows: numbers(...values) });
  beforeAll(() => database.query('create table one (n real primary key); create table two (n real primary key)'));
  const stored = () => database.query(`select 'one' as t, n from one union all select 'two', n from two order by t, n`);

  it('are all there, or none of them where one was there before; the work goes on', async () => {
    const results = await database.transaction(async (tx) => [
      await copyIfNew(tx, [table('one', 0.1, 1e30), table('two', ...Array.from({ length: 20_000 }, (_, i) => i))]),
      await copyIfNew(tx, [table('one', 7), table('two', 19_999)]),
      await copyIfNew(tx, [table('one', 0.1), table('two', 30_000)]),
      await copyIfNew(tx, [table('one'), table('two')]),
      await tx.query('select count(*)::int as count, sum(n::float8) as sum from two'),
    ]);
    expect(results).toEqual([true, false, false, true, [{ count: 20_000, sum: 199_990_000 }]]);
    expect((await stored()).filter(({ t }) => t === 'one')).toEqual([0.1, 1e30].map((n) => ({ t: 'one', n })));
  });

  it('fail with the words of the server when anything else is wrong', async () => {
    await expect(
      database.transaction((tx) => copyIfNew(tx, [table('one', 88_000), { ...table('two', 1), columns: ['other'] }])),
    ).rejects.toThrow('column "other"');
    await expect(database.transaction((tx) => copyIfNew(tx, [table('one', Number.NaN)]))).rejects.toThrow('null value');
    expect((await stored()).filter(({ n }) => n === 88_000)).toEqual([]);
  });
});
