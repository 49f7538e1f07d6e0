import fc from 'fast-check';
import { ALERT_RULES, observationOfCircuit, type Observation, type PortState } from '@app/domain';
import { draftsOf, type AlertDraft, type StoredAlert } from './alert-draft.js';

const MINUTE = 60_000;
const rule = ALERT_RULES['circuit-down'];
const circuit = (state: PortState | null, at: number): Observation =>
  observationOfCircuit({ siteId: 1, siteName: 'Alpha', circuitId: 9, circuitName: 'alpha:ge-0/0/0', state, disabled: false, at });

const stored = (draft: AlertDraft, id: number): StoredAlert => ({ ...draft, id });
const told = (drafts: readonly AlertDraft[]): string[] =>
  drafts.flatMap(({ changes }) => changes.map(({ to, reason }) => `${to} ${reason}`));

describe('draftsOf', () => {
  it('makes two alerts of what fell twice', () => {
    const drafts = draftsOf(
      null,
      [circuit('down', 0), circuit('up', 5 * MINUTE), circuit('up', 8 * MINUTE), circuit('down', 20 * MINUTE)],
      rule,
      0,
    );
    expect(told(drafts)).toEqual(['firing fired-at-once', 'resolved good-lasted', 'firing fired-at-once']);
    expect(drafts.map(({ since }) => since)).toEqual([0, 20 * MINUTE]);
  });

  it('makes nothing of what was never wrong', () => {
    expect(draftsOf(null, [circuit('up', 0), circuit(null, 1)], rule, 0)).toEqual([]);
  });

  it('says the same whether observations come together or one by one', () => {
    const list = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 30 * MINUTE }), state: fc.constantFrom<PortState | null>('up', 'down', null) }),
    );
    fc.assert(
      fc.property(list, (steps) => {
        let at = 0;
        const observations = steps.map(({ gap, state }) => circuit(state, (at += gap)));
        const together = told(draftsOf(null, observations, rule, 0));
        let last: StoredAlert | null = null;
        const single: string[] = [];
        for (const [i, observation] of observations.entries()) {
          const drafts = draftsOf(last, [observation], rule, 0);
          single.push(...told(drafts));
          const newest: AlertDraft | undefined = drafts.at(-1);
          if (newest !== undefined) last = stored(newest, i);
        }
        expect(single).toEqual(together);
      }),
    );
  });
});
