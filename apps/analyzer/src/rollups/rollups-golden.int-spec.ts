import { readFileSync } from 'node:fs';
import { aboveOfText, findOrg, parseSettings } from '@app/shared';
import { ImportScene } from '../imports/import.fixture.js';
import { drainRollups } from './rollups.js';

interface Figures {
  readonly avg: number;
  readonly max: number;
  readonly p95_linear: number;
  readonly h70: number;
  readonly h80: number;
  readonly h90: number;
}

interface Calendar {
  readonly hours: readonly (readonly [string, number])[];
  readonly daily: readonly (Figures & { readonly day: string; readonly hours: number })[];
  readonly weekly_expected: Figures & { readonly week: string };
}

const CALENDAR = JSON.parse(
  readFileSync(new URL('../../../../libs/domain/test-fixtures/golden/calendar_rollup.json', import.meta.url), 'utf8'),
) as Calendar;

interface Row {
  readonly avg: number;
  readonly max: number;
  readonly p95: number;
  readonly name: string;
  readonly above: string;
  readonly hours: number;
}

let scene: ImportScene;
beforeAll(async () => {
  scene = await ImportScene.open();
}, 60_000);
afterAll(() => scene.close());

const figuresOf = ({ avg, max, p95, above, hours }: Row, lengthH: number) => {
  const { warning, major, critical } = aboveOfText(above, lengthH).utilization;
  const round = (value: number): number => Number(value.toFixed(2));
  return {
    hours,
    avg: round(avg),
    max: round(max),
    p95_linear: round(p95),
    h70: warning.total,
    h80: major.total,
    h90: critical.total,
  };
};

describe('hand-worked days and weeks', () => {
  it('come out of an import, whatever the order of its lines', async () => {
    // A line of one megabit: a percent is 4,500,000 bytes in an hour.
    await scene.import('circuits', ['site_id,mac,port_id,bandwidth_down_mbps', 's1,m1,p1,1']);
    const rows = CALENDAR.hours.map(([hour, pct]) => {
      const at = `${hour.slice(0, 4)}-${hour.slice(4, 6)}-${hour.slice(6, 8)}T${hour.slice(8)}:00:00Z`;
      return `${at},s1,m1,p1,${Math.round(pct * 4_500_000)},0`;
    });
    await scene.import('circuit-hours', ['hour,site_id,mac,port_id,rx_bytes,tx_bytes', ...rows.reverse()]);
    const org = await findOrg(scene.database, 'org-1');
    if (org === null) throw new Error('The import made no organization.');
    await drainRollups({
      database: scene.database,
      settings: parseSettings('', {}),
      org,
      now: Date.UTC(2026, 1, 10),
      isPatient: true,
    });
    const read = (grain: string, name: string): Promise<Row[]> =>
      scene.database.query<Row>(
        `select to_char(start at time zone 'UTC', '${name}') as name, util_sum / util_weight_ms as avg, util_max as max, util_p95 as p95, above::text, facts as hours
         from circuit_${grain} order by start`,
      );
    const days = await read('day', 'YYYYMMDD');
    expect(days.map((row) => ({ day: row.name, ...figuresOf(row, 24) }))).toEqual(CALENDAR.daily);
    const [week] = await read('week', 'IYYYIW');
    expect(week === undefined ? null : { week: week.name, ...figuresOf(week, 7 * 24) }).toEqual({
      ...CALENDAR.weekly_expected,
      hours: 54,
    });
  }, 60_000);
});
