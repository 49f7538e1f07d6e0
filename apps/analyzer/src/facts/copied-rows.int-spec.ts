import { createTestDatabase, type TestDatabase } from '@app/testing';
import { CopiedRows, Database, numbersLiteral, textsLiteral } from '@app/shared';

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

const copied = async (select: string): Promise<CopiedRows> =>
  new CopiedRows(await database.copyOut(`copy (${select}) to stdout (format binary)`));

describe('a binary copy', () => {
  it('brings every type as it is stored', async () => {
    const rows = await copied(
      `select 32::smallint, -7, 9007199254740991::bigint, -1234567890123::bigint, 0.1::float8, true, false, 'Zürich'::text, '2026-03-29T01:59:59.999Z'::timestamptz,
         '1999-12-31T23:59:59.001Z'::timestamptz`,
    );
    expect(rows.next()).toBe(true);
    expect([rows.int2(), rows.int4(), rows.int8(), rows.int8(), rows.float8()]).toEqual([
      32,
      -7,
      2 ** 53 - 1,
      -1234567890123,
      0.1,
    ]);
    expect([rows.bool(), rows.bool(), rows.text()]).toEqual([true, false, 'Zürich']);
    expect([rows.instant(), rows.instant()]).toEqual([
      Date.UTC(2026, 2, 29, 1, 59, 59, 999),
      Date.UTC(1999, 11, 31, 23, 59, 59, 1),
    ]);
    expect(rows.next()).toBe(false);
  });

  it('brings nulls, and nothing of no rows', async () => {
    const rows = await copied(
      'select null::smallint, null::int, null::bigint, null::float8, null::bool, null::text, null::timestamptz',
    );
    expect(rows.next()).toBe(true);
    const all = [rows.int2(), rows.int4(), rows.int8(), rows.float8(), rows.bool(), rows.text(), rows.instant()];
    expect(all).toEqual(Array.from({ length: 7 }, () => null));
    expect(rows.next()).toBe(false);
    expect((await copied('select 1 where false')).next()).toBe(false);
  });

  it('takes lists of any texts and numbers', async () => {
    const texts = ['plain', '', 'a "quoted" \\ one', "it's {here}, or not", 'null', 'zwölf $1 %'];
    const rows = await copied(
      `select t, n from unnest(${textsLiteral(texts)}, ${numbersLiteral([1, -2.5, Infinity, 0, 1e21, -Infinity], 'float8')}) as u (t, n)`,
    );
    const found: [string | null, number | null][] = [];
    while (rows.next()) found.push([rows.text(), rows.float8()]);
    expect(found.map(([text]) => text)).toEqual(texts);
    expect(found.map(([, value]) => value)).toEqual([1, -2.5, Infinity, 0, 1e21, -Infinity]);
  });

  it('refuses to read a value as another type, and to look for no number', async () => {
    const rows = await copied('select 1::bigint');
    rows.next();
    expect(() => rows.int4()).toThrow('8 bytes where 4 were expected');
    expect(() => numbersLiteral([NaN], 'int')).toThrow('no number');
  });

  it('leaves its connection usable, also after a mistake', async () => {
    await database.transaction(async (tx) => {
      await tx.query('create temporary table here (n int)');
      await tx.query('insert into here values (5)');
      const rows = new CopiedRows(await tx.copyOut('copy (select n from here) to stdout (format binary)'));
      rows.next();
      expect(rows.int4()).toBe(5);
      expect(await tx.query('select n from here')).toEqual([{ n: 5 }]);
    });
    await expect(database.copyOut('copy (select 1 / 0) to stdout (format binary)')).rejects.toThrow('division by zero');
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });
});
