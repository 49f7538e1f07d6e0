import { readFileSync } from 'node:fs';
import { availabilityPct } from '../kpi/availability.js';
import { severityName } from '../thresholds/threshold.js';
import { chronicOffenders, rankBy, rankByCount, type Ranked } from './offenders.js';

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../test-fixtures/golden/${name}.json`, import.meta.url), 'utf8')) as T;
type Row = [number, string, number, string];
interface Golden {
  utilization_rows: [string, string, string, number][];
  status_rows: [string, string, string, number, number, number][];
  daily_max: [string, string, number | null][];
  top3_utilization: Row[];
  worst3_availability: Row[];
  top3_flaps: Row[];
  chronic: Row[];
}
const golden = load<Golden>('rankings');
const rows = (ranked: readonly Ranked[]): Row[] =>
  ranked.map(({ rank, id, value, severity }) => [rank, id, value, severityName(severity, 'wan')]);
const byCircuit = <T>(all: readonly T[], idOf: (row: T) => string): [string, T[]][] =>
  [...new Set(all.map(idOf))].map((id) => [id, all.filter((row) => idOf(row) === id)]);

describe('golden rankings', () => {
  const status = byCircuit(golden.status_rows, (row) => row[1]).reverse();
  const sum = (hours: Golden['status_rows'], column: 3 | 4 | 5): number => hours.reduce((total, row) => total + row[column], 0);

  it('top utilization', () => {
    const entries = byCircuit(golden.utilization_rows, (row) => row[1]).map(([id, hours]) => ({
      id,
      value: Math.max(...hours.map((row) => row[3])),
    }));
    expect(rows(rankBy('utilization', entries, 3))).toEqual(golden.top3_utilization);
  });

  it('worst availability', () => {
    const entries = status.map(([id, hours]) => ({ id, value: availabilityPct(sum(hours, 3), sum(hours, 4)) }));
    expect(rows(rankBy('availability', entries, 3))).toEqual(golden.worst3_availability);
  });

  it('most flaps, ties by id', () => {
    expect(
      rows(
        rankBy(
          'flaps',
          status.map(([id, hours]) => ({ id, value: sum(hours, 5) })),
          3,
        ),
      ),
    ).toEqual(golden.top3_flaps);
  });

  it('chronic offenders', () => {
    const entries = byCircuit(golden.daily_max, (row) => row[0]).map(([id, days]) => ({ id, days: days.map((row) => row[2]) }));
    expect(rows(chronicOffenders('utilization', entries))).toEqual(golden.chronic);
  });
});

describe('rankings', () => {
  it('show ten by default and leave out what has no data', () => {
    const entries = Array.from({ length: 15 }, (_, i) => ({ id: `c${i}`, value: i === 14 ? null : i }));
    expect(rankBy('latency', entries)).toHaveLength(10);
    expect(rankByCount(entries, 1)).toEqual([{ rank: 1, id: 'c13', value: 13 }]);
  });

  it('call chronic what fell under its middle threshold for availability', () => {
    expect(
      chronicOffenders('availability', [
        { id: 'a', days: [99.4, 99.49, 98, 99.5] },
        { id: 'b', days: [99.5, 99.5, 99.5, 99] },
      ]),
    ).toMatchObject([{ id: 'a', value: 3, severity: 'major' }]);
  });
});
