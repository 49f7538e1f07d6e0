import fc from 'fast-check';
import { acknowledgementEnd, withoutAcknowledgement } from './acknowledgement.js';
import { CEILING_WINDOW_MS, roomAt } from './ceiling.js';
import { digestLines, type WaitingNotice } from './digest.js';
import type { AlertSubject } from './matcher.js';
import { closedUntil, DEFAULT_POLICY, digestAt, policyFor, rotaIdOf, type Policy } from './policy.js';
import { longerHold, silencedBy } from './silence.js';

const HOUR = 3_600_000;
const subject = (over: Partial<AlertSubject> = {}): AlertSubject => ({
  rule: 'sle',
  severity: 'major',
  org: 'org-1',
  site: 'site-1',
  region: 'North',
  storeType: null,
  circuits: [],
  providers: [],
  metrics: [],
  ...over,
});
const policy = (id: string, over: Partial<Policy> = {}): Policy => ({ ...DEFAULT_POLICY, id, ...over });

describe('the policy of an incident', () => {
  const sites = policy('sites', { match: { rules: ['site-down'] } });
  const north = policy('north', { match: { regions: ['North'] } });

  it.each([
    ['the first that fits', [sites, north], [subject()], 'north'],
    ['the default where none fits', [sites], [subject()], 'default'],
    ['the default without any', [], [subject()], 'default'],
    [
      'that of the worst alert',
      [north, sites],
      [subject(), subject({ rule: 'site-down', severity: 'critical', region: 'South' })],
      'sites',
    ],
    [
      'the first in the file among equally bad alerts',
      [sites, north],
      [subject(), subject({ rule: 'site-down', region: null })],
      'sites',
    ],
    ['the default where nothing is asked', [sites, north], [], 'default'],
  ])('is %s', (_, policies, subjects, id) => {
    expect(policyFor(policies, subjects).id).toBe(id);
    expect(policyFor(policies, [...subjects].reverse()).id).toBe(id);
  });

  it('knows rotas by their prefix', () => {
    expect([rotaIdOf('rota:network'), rotaIdOf('email:rota@example.com')]).toEqual(['network', null]);
  });

  it('keeps milder incidents for its hours and its digest', () => {
    const hours = { timezone: 'UTC', days: ['mo'], fromMinute: 480, toMinute: 1080, below: 'critical' } as const;
    const calm = policy('calm', { workingHours: hours, digest: { minute: 480, timezone: 'UTC', below: 'major' } });
    const sunday = Date.UTC(2026, 2, 1, 12);
    expect(closedUntil(calm, 'major', sunday)).toBe(Date.UTC(2026, 2, 2, 8));
    expect(closedUntil(calm, 'critical', sunday)).toBeNull();
    expect(closedUntil(calm, 'major', Date.UTC(2026, 2, 2, 9))).toBeNull();
    expect(digestAt(calm, 'warning', sunday)).toBe(Date.UTC(2026, 2, 2, 8));
    expect(digestAt(calm, 'major', sunday)).toBeNull();
  });
});

describe('silences', () => {
  it('of several the longest holds', () => {
    const silences = [
      { id: 1, matcher: {}, to: 10 },
      { id: 2, matcher: { rules: ['sle'] }, to: 30 },
      { id: 3, matcher: { rules: ['failover'] }, to: 90 },
    ];
    const hold = silencedBy(silences, subject());
    expect(hold).toEqual({ reason: 'silenced', by: 'silence:2', until: 30 });
    expect(silencedBy(silences.slice(2), subject())).toBeNull();
    const works = { reason: 'in-maintenance', by: 'maintenance:4', until: 31 } as const;
    expect([longerHold(hold, works), longerHold(works, hold), longerHold(null, works), longerHold(null, null)]).toEqual([
      works,
      works,
      works,
      null,
    ]);
  });
});

describe('an acknowledgement', () => {
  const ack = { by: 'a', at: 0, until: null, severity: 'major' } as const;
  it.each([
    ['holds without an end', ack, 'major', null, 10 * HOUR, null],
    ['holds until the time-out', ack, 'major', HOUR, HOUR - 1, null],
    ['expires at it', ack, 'major', HOUR, HOUR, 'acknowledgement-expired'],
    ['expires at its own end, whatever the time-out', { ...ack, until: 5 }, 'major', HOUR, 5, 'acknowledgement-expired'],
    ['is taken back by a worse severity', ack, 'critical', null, 1, 'severity-raised'],
    ['stays with a milder one', ack, 'warning', null, 1, null],
  ] as const)('%s', (...[, acknowledgement, severity, timeoutMs, now, end]) => {
    expect(acknowledgementEnd(acknowledgement, severity, timeoutMs, now)).toBe(end);
  });

  it('leaves an alert that goes on as it was', () => {
    const seen = { observedAt: 1, breached: true, flips: [] };
    const fired = { since: 1, severity: 'major', firedAt: 1, acknowledgement: { by: 'a', at: 2 } } as const;
    expect(withoutAcknowledgement({ ...seen, ...fired, kind: 'acknowledged' })).toEqual({
      ...seen,
      ...fired,
      kind: 'firing',
      acknowledgement: null,
    });
    expect(withoutAcknowledgement({ ...seen, ...fired, kind: 'flapping' })).toMatchObject({
      kind: 'flapping',
      acknowledgement: null,
    });
    expect(withoutAcknowledgement({ ...seen, kind: 'ok' })).toEqual({ ...seen, kind: 'ok' });
  });
});

describe('the ceiling', () => {
  it('is never exceeded in any hour, and leaves no room unused', () => {
    const asks = fc.array(fc.integer({ min: 0, max: 5 * HOUR }), { maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), asks, (limit, times) => {
        const taken: number[] = [];
        for (const now of [...times].sort((a, b) => a - b)) {
          const room = roomAt(taken, limit, now);
          const recent = taken.filter((at) => at > now - CEILING_WINDOW_MS).length;
          expect(room <= now).toBe(recent < limit);
          if (room <= now) taken.push(now);
          else expect(roomAt(taken, limit, room)).toBe(room);
        }
      }),
    );
  });
});

describe('a digest', () => {
  const notice = fc.record<WaitingNotice>({
    incidentId: fc.integer({ min: 1, max: 5 }),
    step: fc.integer({ min: 1, max: 5 }),
    severity: fc.constantFrom('warning', 'major', 'critical'),
    openedAt: fc.integer({ min: 0, max: 3 }),
  });

  it('has one line per incident, loses no notice and puts the worst first', () => {
    fc.assert(
      fc.property(fc.array(notice), (notices) => {
        const lines = digestLines(notices);
        expect(lines.reduce((sum, line) => sum + line.notices, 0)).toBe(notices.length);
        expect(new Set(lines.map(({ newest }) => newest.incidentId)).size).toBe(
          new Set(notices.map(({ incidentId }) => incidentId)).size,
        );
        const ranks = lines.map(({ severity }) => ['warning', 'major', 'critical'].indexOf(severity));
        expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
      }),
    );
  });

  it('tells the newest word of an incident and how bad it was at worst', () => {
    const [line] = digestLines<WaitingNotice>([
      { incidentId: 1, step: 1, severity: 'critical', openedAt: 0 },
      { incidentId: 1, step: 2, severity: 'major', openedAt: 0 },
    ]);
    expect(line).toMatchObject({ newest: { step: 2 }, severity: 'critical', notices: 2 });
  });
});
