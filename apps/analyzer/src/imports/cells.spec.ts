import { Cells, instantOf } from './cells.js';
import { parseHour } from './hour-row.js';
import { portSampleOf } from './store-samples.js';

const at = (text: string): number => Date.parse(text);
const faultsOf = (row: Record<string, unknown>, read: (cells: Cells) => unknown): string[] => {
  const cells = new Cells(row);
  read(cells);
  return cells.faults.map(({ column, reason }) => `${column} ${reason}`);
};

describe('numbers of an import', () => {
  it.each([
    ['5', 5],
    ['0', 0],
    ['007', 7],
    [' 5 ', 5],
    ['+5', 5],
    ['-0.5', -0.5],
    ['.5', 0.5],
    ['5.', 5],
    ['1e3', 1000],
    ['0E1', 0],
    ['0.30000000000000004', 0.30000000000000004],
    ['', null],
    ['  ', null],
  ])('are read from %p', (text, expected) => {
    expect(faultsOf({ n: text }, (cells) => expect(cells.number('n')).toBe(expected))).toEqual([]);
  });

  it.each(['0x10', '0b1', '0o7', '1_000', '1,5', '.', '1e400', '5 %', '--5'])('are decimal, unlike %p', (text) => {
    expect(faultsOf({ n: text }, (cells) => cells.number('n'))).toEqual([`n ${JSON.stringify(text)} is not a number`]);
  });
});

describe('times of an import', () => {
  it.each([
    ['2026-01-26T10:00:00Z', at('2026-01-26T10:00:00Z')],
    ['2026-01-26t10:00:00.5z', at('2026-01-26T10:00:00.500Z')],
    ['2026-01-26 10:00:00.123456+05:30', at('2026-01-26T04:30:00.123Z')],
    ['2026-01-26T10:00:00-08:00', at('2026-01-26T18:00:00Z')],
    ['2024-02-29T00:00:00Z', at('2024-02-29T00:00:00Z')],
  ])('are read from %s', (text, expected) => {
    expect(instantOf(text)).toBe(expected);
  });

  it.each(['2026-01-26', '2026-01-26T10:00:00', '2026-01-26T10:00Z', '1769421600', '26.01.2026 10:00', ''])(
    'need date, time and offset, unlike %p',
    (text) => {
      expect(instantOf(text)).toBeNull();
    },
  );

  it.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-26T24:00:00Z',
    '2026-01-26T10:00:00+24:00',
  ])('are real ones, unlike %s', (text) => {
    expect(instantOf(text)).toBeNaN();
  });

  it.each([
    ['2014-12-31T23:59:59Z', false],
    ['2015-01-01T00:00:00Z', true],
    ['2100-12-31T23:59:59Z', true],
    ['2101-01-01T00:00:00Z', false],
  ])('lie in the years 2015 to 2100: %s', (text, isFine) => {
    expect(faultsOf({ t: text }, (cells) => cells.time('t')).length === 0).toBe(isFine);
  });
});

describe('cells', () => {
  it('say which column is wrong and why', () => {
    const row = { n: 'NaN', i: '1.5', neg: '-1', flag: 'yes', role: 'boss', inf: 'Infinity', list: [1], id: ' ' };
    const faults = faultsOf(row, (cells) => [
      cells.number('n'),
      cells.number('inf'),
      cells.integer('i'),
      cells.bigCount('neg'),
      cells.flag('flag'),
      cells.oneOf('role', ['primary', 'backup']),
      cells.text('list'),
      cells.id('id'),
    ]);
    expect(faults).toEqual([
      'n "NaN" is not a number',
      'inf "Infinity" is not a number',
      'i 1.5 is not a whole number',
      'neg "-1" is less than 0',
      'flag "yes" is neither true nor false',
      'role "boss" is not one of primary, backup',
      'list should be a text or a number, not a list or an object',
      'id is empty',
    ]);
  });

  it('take the values of CSV and of JSON alike', () => {
    const cells = new Cells({ a: ' 12 ', b: 12, c: 'true', d: true, e: null, f: '', g: '1e3' });
    expect([
      cells.number('a'),
      cells.number('b'),
      cells.flag('c'),
      cells.flag('d'),
      cells.text('e'),
      cells.text('f'),
      cells.text('none'),
      cells.number('g'),
    ]).toEqual([12, 12, true, true, null, null, null, 1000]);
    expect(cells.faults).toEqual([]);
  });

  it('refuse what a database could not keep', () => {
    expect(
      faultsOf({ a: 'x\0y', b: 'x'.repeat(70_000), c: '9007199254740993', d: 'x\ud800' }, (cells) => [
        cells.text('a'),
        cells.text('b'),
        cells.bigCount('c'),
        cells.text('d'),
      ]),
    ).toEqual([
      'a contains a NUL character',
      'b is longer than 64 KB',
      'c "9007199254740993" is more than 9007199254740991',
      'd contains half a character (a surrogate without its other half)',
    ]);
    expect(faultsOf({ a: '😀' }, (cells) => [cells.text('a')])).toEqual([]);
  });
});

describe('rows of circuit-hours', () => {
  const place = { hour: '2026-01-26T10:00:00Z', site_id: 's1', mac: 'm1', port_id: 'p1' };
  const minutesOf = (row: Record<string, unknown>): [number, number] => {
    const { upMs, downMs } = parseHour(new Cells({ ...place, ...row }));
    return [upMs / 60_000, downMs / 60_000];
  };

  it.each<[string, Record<string, unknown>, [number, number]]>([
    ['nothing given: all unknown', {}, [0, 0]],
    ['up given: the rest is down', { up_minutes: '45' }, [45, 15]],
    ['up and unknown given', { up_minutes: '45', unknown_minutes: '5' }, [45, 10]],
    ['up and down given: the rest stays unknown', { up_minutes: '45', down_minutes: '5' }, [45, 5]],
    ['down for the whole hour', { down_minutes: '60' }, [0, 60]],
    ['down and unknown given', { down_minutes: '10', unknown_minutes: '20' }, [30, 10]],
    ['only unknown given', { unknown_minutes: '60' }, [0, 0]],
    ['fractions', { up_minutes: '59.9999999', down_minutes: '0.0000001' }, [60, 0]],
  ])('keep minutes: %s', (_name, row, expected) => {
    expect(minutesOf(row)).toEqual(expected);
  });

  it('cover the whole hour when bytes are given, nothing without', () => {
    const coveredOf = (row: Record<string, unknown>): number => parseHour(new Cells({ ...place, ...row })).coveredMs;
    expect([coveredOf({ rx_bytes: '1' }), coveredOf({}), coveredOf({ tx_bytes: '1', covered_s: '900' })]).toEqual([
      3_600_000, 0, 900_000,
    ]);
  });

  it('count twelve samples where a figure comes without its count', () => {
    const { latency, loss } = parseHour(
      new Cells({ ...place, latency_avg: '20', loss_avg: '0.5', loss_count: '6', loss_p95: '1' }),
    );
    expect([latency, loss]).toEqual([
      { count: 12, avg: 20, max: null, p95: null },
      { count: 6, avg: 0.5, max: null, p95: 1 },
    ]);
  });

  it('are refused when they cannot be an hour', () => {
    const bad = {
      ...place,
      hour: '2026-01-26T10:30:00Z',
      up_minutes: '50',
      down_minutes: '10.1',
      covered_s: '3601',
      loss_avg: '101',
      flaps: '-1',
    };
    expect(faultsOf(bad, parseHour)).toEqual([
      'hour is not the start of a UTC hour',
      'covered_s "3601" is more than 3600',
      'up_minutes with down_minutes and unknown_minutes makes 60.1 minutes, more than the 60 of an hour',
      'flaps "-1" is less than 0',
      'loss_avg "101" is more than 100',
    ]);
  });
});

describe('a port sample given as an object', () => {
  const row = {
    timestamp: '2026-01-26T10:00:00Z',
    site_id: 's1',
    mac: 'm1',
    port_id: 'p1',
    up: true,
    rx_bytes: 5,
    counter_bits: 64,
  };

  it('becomes a sample, received when it was taken unless it says otherwise', () => {
    expect(portSampleOf(row)).toMatchObject({
      siteId: 's1',
      mac: 'm1',
      portId: 'p1',
      sample: { at: at(row.timestamp), receivedAt: at(row.timestamp), up: true, rxBytes: 5 },
    });
    expect(portSampleOf({ ...row, received_at: '2026-01-26T10:05:00Z' })).toMatchObject({
      sample: { receivedAt: at('2026-01-26T10:05:00Z') },
    });
  });

  it('says why it is none', () => {
    expect(portSampleOf({ ...row, rx_bytes: -5, counter_bits: 16 })).toEqual({
      reason: 'rx_bytes "-5" is less than 0; counter_bits 16 is neither 32 nor 64',
    });
  });
});
