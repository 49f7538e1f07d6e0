import { nextTarget, tablesWritten, Transactions, type Hits } from './boundary.js';
import { seeded } from './random.js';

describe('tablesWritten', () => {
  it.each<[string, string[]]>([
    ['select 1 from incident for update', []],
    ['select id from delivery d order by id for update of d skip locked', []],
    ['select id from a for no key update', []],
    ['update incident set due_at = $1', ['incident']],
    ['insert into incident (id) values (1) on conflict (id) do update set due_at = $1', ['incident']],
    ['with due as (select 1 from delivery for update skip locked)\n update delivery d set claimed_by = $1', ['delivery']],
    [
      'with moved as (update delivery set status = $1 returning id) insert into delivery_attempt select id from moved',
      ['delivery', 'delivery_attempt'],
    ],
    ['delete from outbox where id = 1', ['outbox']],
  ])('%s', (sql, tables) => {
    expect(tablesWritten(sql)).toEqual(tables);
  });
});

describe('boundaries', () => {
  const boundariesOf = (...statements: readonly string[]): (string | null)[] => {
    const transactions = new Transactions();
    return statements.map((sql) => transactions.boundaryAt(sql));
  };

  it('are the commits of what was written, and writes outside of transactions', () => {
    expect(
      boundariesOf(
        'begin',
        'update outbox set a = 1',
        'insert into incident values (1)',
        'update outbox set b = 1',
        'commit',
        'update delivery set c = 1',
      ),
    ).toEqual([null, null, null, null, 'commit incident+outbox', 'write delivery']);
  });

  it('are not where nothing becomes durable', () => {
    expect(boundariesOf('begin', 'select 1', 'commit', 'begin', 'update outbox set a = 1', 'rollback', 'commit')).toEqual(
      Array(7).fill(null),
    );
  });
});

describe('nextTarget', () => {
  const hits = (before: number, after: number, passed = 100): Hits => ({ passed, before, after });

  it('knows none before a boundary was seen', () => {
    expect(nextTarget(new Map(), seeded(1))).toBeNull();
  });

  it('reaches every side of every boundary, and soonest the one where fewest died', () => {
    const boundaries = new Map([
      ['commit a', hits(5, 5)],
      ['commit b', hits(5, 0)],
      ['write c', hits(5, 5, 1)],
    ]);
    const random = seeded(3);
    const targets = Array.from({ length: 400 }, () => nextTarget(boundaries, random));
    const counts = new Map<string, number>();
    for (const target of targets) {
      const side = `${target?.when} ${target?.boundary}`;
      counts.set(side, (counts.get(side) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect(counts.get('after commit b')).toBeGreaterThan(200);
  });

  it('asks for no later passing of a rare boundary than there may be', () => {
    const rare = new Map([['commit a', hits(0, 0, 3)]]);
    const random = seeded(5);
    expect(Array.from({ length: 50 }, () => nextTarget(rare, random)?.nth)).toEqual(Array(50).fill(1));
  });
});
