import { copyInstant, copyInto, copyLiteral, CopyWriter, Database, type CopyCursor } from '@app/shared';
import { createTestDatabase } from '@app/testing';

const COLUMNS = ['yes', 'small', 'whole', 'decimal', 'at', 'name', 'bytes', 'large', 'shorts', 'numbers', 'decimals'];
const NONE = Number.NaN;

const plain = (database: Database): Promise<Record<string, unknown>[]> =>
  database.query(
    `select yes, small, whole::text, decimal::text, extract(epoch from at) * 1000 as at, name, encode(bytes, 'hex') as bytes, large::text,
       shorts::text, numbers::text, decimals::text from kept order by small nulls last`,
  );

function write(): CopyWriter {
  const rows = new CopyWriter();
  const row = (small: number, whole: number, large: number | bigint): void => {
    rows.row(COLUMNS.length);
    rows.bool(small > 0);
    rows.int4(small);
    rows.int8(whole);
    rows.float8(whole / 8);
    rows.instant(Date.UTC(1999, 11, 31, 23) + Math.max(0, small));
    rows.text(Number.isNaN(small) ? null : 'Zürich \u{1F6F0}');
    rows.raw(Number.isNaN(small) ? null : Uint8Array.of(0, 255));
    rows.numeric(large);
    rows.int2Array([small | 0, -1].map((value) => value % 1000));
    rows.int4Array(Number.isNaN(small) ? [] : [small, 0]);
    rows.float8Array(Number.isNaN(small) ? null : [0.1, whole]);
  };
  row(-7, -(2 ** 40) - 1, 0);
  row(1, Number.MAX_SAFE_INTEGER, 10_000);
  row(2, 2 ** 32, 2n ** 70n);
  row(3, 0, 123_456_789_012);
  row(NONE, NONE, NONE);
  return rows;
}

describe('binary copies', () => {
  it('bring every value to the server and back', async () => {
    const test = await createTestDatabase();
    const database = new Database({ url: test.url });
    try {
      await database.query(
        `create table kept (yes bool, small int, whole bigint, decimal float8, at timestamptz, name text, bytes bytea, large numeric, shorts smallint[], numbers int[], decimals float8[])`,
      );
      await database.transaction((tx) => copyInto(tx, 'kept', COLUMNS, write()));
      const before = await plain(database);
      expect(before.map(({ large }) => large)).toEqual(['0', '10000', (2n ** 70n).toString(), '123456789012', null]);
      expect(before.map(({ whole }) => whole)).toEqual(['-1099511627777', '9007199254740991', '4294967296', '0', null]);
      expect(before[1]).toMatchObject({ yes: true, name: 'Zürich \u{1F6F0}', bytes: '00ff', numbers: '{1,0}', shorts: '{1,-1}' });
      expect(before[4]).toMatchObject({ small: null, name: null, bytes: null, numbers: '{}', decimals: null });

      const again = new CopyWriter();
      const take = (row: CopyCursor): void => {
        again.row(COLUMNS.length);
        again.bool(row.bool() === true);
        again.int4(row.int4());
        again.int8(row.int8());
        again.float8(row.float8());
        again.instant(row.instant());
        again.text(row.text());
        again.raw(row.raw());
        again.numeric(row.numeric());
        again.int2Array(row.numbers());
        again.int4Array(row.numbers());
        const decimals = row.numbers();
        again.float8Array(decimals.length === 0 ? null : decimals);
      };
      await database.transaction((tx) =>
        tx.copyRows(
          `select * from kept where small = any(${copyLiteral([-7, 1, 2, 3], 'int')}) or at < ${copyInstant(0)} or small is null`,
          take,
        ),
      );
      const grids: number[][] = [];
      await database.copyRows('select array[array[0.5, null], array[null, 2]]::float8[]', (row) => grids.push(row.numbers()));
      expect(grids).toEqual([[0.5, NONE, NONE, 2]]);
      await database.query('truncate kept');
      await database.transaction((tx) => copyInto(tx, 'kept', COLUMNS, again));
      expect(await plain(database)).toEqual(before);
    } finally {
      await database.close();
      await test.drop();
    }
  }, 60_000);

  it('take nothing into a statement but whole numbers', () => {
    expect(() => copyLiteral([1.5], 'int')).toThrow(RangeError);
    expect(() => copyInstant(Number.NaN)).toThrow(RangeError);
  });
});
