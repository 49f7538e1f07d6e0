import fc from 'fast-check';
import { SEVERITIES, type Severity } from '../severity.js';
import type { IncidentAcknowledgement } from './acknowledgement.js';
import type { EscalationRound } from './escalation.js';
import { NOTICE_DEFAULTS, noticeDue, type IncidentMember, type NoticeDecision, type OpenIncident } from './notice.js';
import { DEFAULT_POLICY, type Policy } from './policy.js';
import { WEEKDAYS } from './working-hours.js';

const MINUTE = 60_000;
const SEVERE = SEVERITIES.slice(2);

const policies: fc.Arbitrary<Policy> = fc
  .record({
    afters: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 4 }),
    repeatMinutes: fc.option(fc.integer({ min: 1, max: 60 })),
    repeats: fc.option(fc.integer({ min: 0, max: 3 })),
    ackTimeoutMinutes: fc.option(fc.integer({ min: 1, max: 120 })),
    closedFromMinute: fc.option(fc.integer({ min: 0, max: 600 })),
  })
  .map(({ afters, repeatMinutes, repeats, ackTimeoutMinutes, closedFromMinute }) => ({
    ...DEFAULT_POLICY,
    id: 'p',
    workingHours:
      closedFromMinute === null
        ? null
        : {
            timezone: 'UTC',
            days: [...WEEKDAYS],
            fromMinute: closedFromMinute + 61,
            toMinute: closedFromMinute,
            below: 'critical' as const,
          },
    ackTimeoutMs: ackTimeoutMinutes === null ? null : ackTimeoutMinutes * MINUTE,
    steps: [...afters]
      .sort((a, b) => a - b)
      .map((after) => ({
        afterMs: after * MINUTE,
        to: ['everybody'],
        repeatMs: repeatMinutes === null ? null : repeatMinutes * MINUTE,
        repeats,
      })),
  }));

type Event = { readonly at: number } & (
  | { readonly is: 'severity'; readonly severity: Severity }
  | { readonly is: 'ack' }
  | { readonly is: 'silence'; readonly until: number }
  | { readonly is: 'nothing' }
);
const minute = fc.integer({ min: 1, max: 600 }).map((value) => value * MINUTE);
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    fc.record({ at: minute, is: fc.constant('severity' as const), severity: fc.constantFrom(...SEVERE) }),
    fc.record({ at: minute, is: fc.constant('ack' as const) }),
    fc.record({ at: minute, is: fc.constant('silence' as const), until: minute }),
    fc.record({ at: minute, is: fc.constant('nothing' as const) }),
  ),
  { maxLength: 12 },
);

interface Sent {
  readonly at: number;
  readonly decision: NoticeDecision;
  readonly isTaken: boolean;
}

/** Plays events against an incident, looking whenever the decision said so and at every event. */
function play(policy: Policy, happenings: readonly Event[], extraLooks: readonly number[] = []): { sent: Sent[]; looks: number } {
  let incident: OpenIncident = { openedAt: 0, notified: null, round: null, acknowledgement: null, isHeld: false };
  let member: IncidentMember = { status: 'firing', severity: 'major', isTold: false, isNewlyFlapping: false, suppression: null };
  const sent: Sent[] = [];
  let looks = 0;
  const times = [...happenings.map(({ at }) => at), ...extraLooks].sort((a, b) => a - b);
  const end = 700 * MINUTE;
  for (let now = 0; now <= end && looks < 5_000; looks++) {
    for (const event of happenings.filter(({ at }) => at === now)) {
      if (event.is === 'severity') member = { ...member, severity: event.severity };
      if (event.is === 'ack')
        incident = { ...incident, acknowledgement: { by: 'a', at: now, until: null, severity: member.severity } };
      if (event.is === 'silence' && event.until > now)
        member = { ...member, suppression: { reason: 'silenced', by: 'silence:1', until: event.until } };
    }
    if (member.suppression !== null && (member.suppression.until ?? 0) <= now) member = { ...member, suppression: null };
    const decision = noticeDue(incident, [member], now, { ...NOTICE_DEFAULTS, policies: { kept: policy, chosen: policy } });
    const acknowledgement: IncidentAcknowledgement | null =
      decision.released === null ? (incident.acknowledgement ?? null) : null;
    if (decision.notice !== null) sent.push({ at: now, decision, isTaken: acknowledgement !== null });
    const notified = decision.notice === null ? incident.notified : { at: now, severity: member.severity };
    if (decision.notice !== null) member = { ...member, isTold: true };
    incident = { ...incident, notified, round: decision.round, isHeld: decision.isHeld, acknowledgement };
    const { dueAt } = decision;
    expect(dueAt === null || dueAt > now).toBe(true);
    const next = times.find((at) => at > now) ?? Infinity;
    now = Math.min(next, dueAt === null || dueAt <= now ? Infinity : dueAt);
  }
  return { sent, looks };
}

const keyOf = ({ decision }: Sent): string =>
  decision.steps.map((step) => `${step}#${(decision.round as EscalationRound).told[step]?.times ?? 0}`).join();

describe('laws of escalation', () => {
  it('never tells a step twice in a round, and a repeat only once', () => {
    fc.assert(
      fc.property(policies, events, (policy, happenings) => {
        const seen = new Set<string>();
        for (const each of play(policy, happenings).sent)
          for (const step of each.decision.steps) {
            const key = `${each.decision.round?.at} ${step} ${each.decision.round?.told[step]?.times}`;
            expect(seen.has(key)).toBe(false);
            seen.add(key);
          }
      }),
    );
  });

  it('an acknowledgement always stops it: while somebody has it no notice goes out', () => {
    fc.assert(
      fc.property(policies, events, (policy, happenings) => {
        expect(play(policy, happenings).sent.filter(({ isTaken }) => isTaken)).toEqual([]);
      }),
    );
  });

  it('looking more often, at any times, changes nothing of what is told when', () => {
    fc.assert(
      fc.property(policies, events, fc.array(minute, { maxLength: 50 }), (policy, happenings, looks) => {
        const tell = (sent: readonly Sent[]): string[] => sent.map((each) => `${each.at} ${each.decision.notice} ${keyOf(each)}`);
        expect(tell(play(policy, happenings, looks).sent)).toEqual(tell(play(policy, happenings).sent));
      }),
    );
  });

  it('asks to be looked at a bounded number of times', () => {
    fc.assert(
      fc.property(policies, events, (policy, happenings) => {
        expect(play(policy, happenings).looks).toBeLessThan(5_000);
      }),
    );
  });

  it('keeps news for the first step of a round that has not reached it', () => {
    const policy: Policy = {
      ...DEFAULT_POLICY,
      steps: [{ afterMs: 30 * MINUTE, to: ['everybody'], repeatMs: null, repeats: null }],
    };
    const incident: OpenIncident = {
      openedAt: 0,
      notified: { at: 0, severity: 'major' },
      round: { at: 10 * MINUTE, policy: policy.id, severity: 'major', told: [] },
    };
    const member: IncidentMember = {
      status: 'firing',
      severity: 'major',
      isTold: false,
      isNewlyFlapping: false,
      suppression: null,
    };
    const ask = (now: number) =>
      noticeDue(incident, [member], now, { ...NOTICE_DEFAULTS, policies: { kept: policy, chosen: policy } });
    expect(ask(20 * MINUTE)).toMatchObject({ notice: null, reason: 'waiting-for-step', dueAt: 40 * MINUTE });
    expect(ask(40 * MINUTE)).toMatchObject({ notice: 'members-added', steps: [0] });
  });

  it('does not depend on the order of the members', () => {
    const member = fc.record({
      status: fc.constantFrom('firing' as const, 'acknowledged' as const, 'resolved' as const),
      severity: fc.constantFrom(...SEVERE),
      isTold: fc.boolean(),
      isNewlyFlapping: fc.boolean(),
      suppression: fc.constantFrom(null, { reason: 'silenced' as const, by: 'silence:1', until: 30 * MINUTE }),
    });
    fc.assert(
      fc.property(policies, fc.array(member, { minLength: 1, maxLength: 6 }), minute, (policy, members, now) => {
        const incident: OpenIncident = { openedAt: 0, notified: { at: 0, severity: 'major' } };
        const ask = (list: readonly IncidentMember[]) =>
          noticeDue(incident, list, now, { ...NOTICE_DEFAULTS, policies: { kept: policy, chosen: policy } });
        expect(ask([...members].reverse())).toEqual(ask(members));
      }),
    );
  });
});
