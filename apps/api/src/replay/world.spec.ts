import type { PastIncident } from '@app/domain';
import { storedIncidentOf, withIncidentTakings } from './world.js';

const subject = {
  rule: 'circuit-down',
  severity: 'major',
  org: 'org-1',
  site: 'site-1',
  region: null,
  storeType: null,
  circuits: [],
  providers: [],
  metrics: [],
} as const;
const member = (alertId: number, joinedAt: number, endedAt: number, movedAt: number | null = null) => ({
  alertId,
  siteId: 1,
  circuitId: 1,
  subject,
  joinedAt,
  movedAt,
  changes: [
    { at: joinedAt, status: 'firing', severity: 'major', flapping: null },
    { at: endedAt, status: 'resolved', severity: 'major', flapping: null },
  ] as const,
});
const incident = (...members: PastIncident['members']): PastIncident => ({
  id: 1,
  openedAt: 0,
  foldedInto: null,
  members,
  acknowledgements: [],
  widenedAt: [],
});
/** Stored alerts 7 and 8 were told in incident 70 (8 went over to 80); the replayed alert -1 is the same trouble as 7. */
const incidentsOf = new Map([
  [7, [{ incidentId: 70, isMoved: false }]],
  [
    8,
    [
      { incidentId: 70, isMoved: true },
      { incidentId: 80, isMoved: false },
    ],
  ],
]);
const storedOf = (alertId: number): readonly number[] => (alertId === -1 ? [7] : alertId < 0 ? [] : [alertId]);

describe('an incident as it would have been', () => {
  it('stands for the stored one that most of its alerts were told in', () => {
    expect(storedIncidentOf(incident(member(-1, 0, 10), member(8, 0, 10, 5)), { incidentsOf }, { storedOf })).toBe(70);
    expect(storedIncidentOf(incident(member(8, 0, 10)), { incidentsOf }, { storedOf })).toBe(80);
    expect(storedIncidentOf(incident(member(-2, 0, 10)), { incidentsOf }, { storedOf })).toBeNull();
  });

  it('is taken when people took the stored one, as long as its alert goes on', () => {
    const taken = (at: number, ...members: PastIncident['members']) =>
      withIncidentTakings(
        [incident(...members)],
        { takings: [{ incidentId: 70, at, by: 'Example Person', until: null }], incidentsOf },
        { storedOf },
      ).flatMap(({ acknowledgements }) => acknowledgements.map((each) => each.at));
    expect(taken(5, member(-1, 0, 10))).toEqual([5]);
    expect(taken(5, member(-1, 0, 10), member(8, 0, 10, 6))).toEqual([5]);
    expect(taken(10, member(-1, 0, 10))).toEqual([]);
    expect(taken(5, member(-1, 6, 10))).toEqual([]);
    expect(taken(5, member(-2, 0, 10))).toEqual([]);
  });
});
