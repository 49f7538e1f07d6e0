import type { EpochMs } from '../sample.js';
import { OUTAGE_DEFAULTS } from './outage.js';
import type { PastAlert, PastIncident } from './past-incident.js';
import { replayIncidents, type IncidentRules } from './replay-incidents.js';

const MINUTE = 60_000;
const T0 = Date.UTC(2026, 2, 2, 12);
const at = (minute: number): EpochMs => T0 + minute * MINUTE;
const RULES: IncidentRules = { groupBy: {}, outage: OUTAGE_DEFAULTS, groupIntervalMs: 5 * MINUTE };

/** Ten sites of two circuits: the even one of carrier A, the odd one of B. */
const CIRCUITS = Array.from({ length: 20 }, (_, id) => ({ id, siteId: id >> 1, provider: id % 2 === 0 ? 'A' : 'B' }));
const topology = { regionOf: new Map(Array.from({ length: 10 }, (_, id) => [id, null])), circuits: CIRCUITS };

let nextId = 1;
beforeEach(() => (nextId = 1));

/** From and to in minutes; `null` = it goes on. */
function alert(rule: string, where: { site: number; circuit?: number }, from: number, to: number | null = null): PastAlert {
  const circuit = where.circuit === undefined ? null : where.circuit;
  const providers = circuit === null ? [] : [circuit % 2 === 0 ? 'A' : 'B'];
  const end = to === null ? [] : [{ at: at(to), status: 'resolved', severity: 'major', flapping: null } as const];
  return {
    alertId: nextId++,
    siteId: where.site,
    circuitId: circuit,
    subject: {
      rule,
      severity: 'major',
      org: 'org-1',
      site: `site-${String(where.site)}`,
      region: null,
      storeType: null,
      circuits: [],
      providers,
      metrics: [],
    },
    changes: [{ at: at(from), status: 'firing', severity: 'major', flapping: null }, ...end],
  };
}
const circuitDown = (circuit: number, from: number, to: number | null = null): PastAlert =>
  alert('circuit-down', { site: circuit >> 1, circuit }, from, to);

const minute = (time: EpochMs | null): number | null => (time === null ? null : (time - T0) / MINUTE);
const told = ({ id, openedAt, foldedInto, members }: PastIncident) => [
  id,
  minute(openedAt),
  foldedInto,
  members.map(({ alertId, joinedAt, movedAt }) => [alertId, minute(joinedAt), minute(movedAt)]),
];
const incidents = (alerts: readonly PastAlert[], isTold = false, rules = RULES) =>
  replayIncidents(alerts, rules, { topology, isSiteDown: () => false, isTold: () => isTold }).map(told);

describe('alerts of the past', () => {
  it('go into one incident of their site, until the last is over', () => {
    const alerts = [
      circuitDown(0, 0, 30),
      alert('failover', { site: 0, circuit: 0 }, 2, 32),
      circuitDown(2, 10, 20),
      circuitDown(0, 40, 50),
    ];
    expect(incidents(alerts)).toEqual([
      [2, 10, null, [[3, 10, null]]],
      [
        1,
        0,
        null,
        [
          [1, 0, null],
          [2, 2, null],
        ],
      ],
      [3, 40, null, [[4, 40, null]]],
    ]);
  });

  it('are told together by what the configuration says', () => {
    const alerts = [circuitDown(0, 0, 30), circuitDown(2, 1, 30), circuitDown(3, 2, 30)];
    const byCarrier = incidents(alerts, false, { ...RULES, groupBy: { 'circuit-down': 'provider' } });
    expect(byCarrier.map(([, , , members]) => members)).toEqual([
      [
        [1, 0, null],
        [2, 1, null],
      ],
      [[3, 2, null]],
    ]);
    expect(incidents([alert('sle', { site: 0 }, 0, 9), alert('sle', { site: 5 }, 3, 10)])).toHaveLength(1);
  });

  it('of many sites of one carrier go over into one incident, which began with the first that nobody was told of', () => {
    const alerts = [circuitDown(0, 0, 60), circuitDown(2, 1, 60), circuitDown(4, 2, 60)];
    expect(incidents(alerts)).toEqual([
      [1, 0, 4, [[1, 0, 2]]],
      [2, 1, 4, [[2, 1, 2]]],
      [3, 2, 4, [[3, 2, 2]]],
      [
        4,
        0,
        null,
        [
          [1, 2, null],
          [2, 2, null],
          [3, 2, null],
        ],
      ],
    ]);
    expect(incidents(alerts, true).at(-1)?.[1]).toBe(2);
  });

  it('are the same in any order', () => {
    const alerts = [0, 2, 4, 6, 1, 3].map((circuit, i) => circuitDown(circuit, i, 40 + i));
    expect(incidents([...alerts].reverse())).toEqual(incidents(alerts));
  });

  it('stay apart when they did not fall together', () => {
    expect(incidents([0, 2, 4, 6].map((circuit, i) => circuitDown(circuit, 6 * i, 100)))).toHaveLength(4);
  });

  it('of a site whose outage is open join it', () => {
    const outage = incidents([circuitDown(0, 0, 60), circuitDown(2, 0, 60), circuitDown(4, 0, 60), circuitDown(1, 20, 30)]).at(
      -1,
    );
    expect(outage?.[3]).toContainEqual([4, 20, null]);
  });
});
