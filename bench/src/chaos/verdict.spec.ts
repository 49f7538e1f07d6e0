import { Ledger, type Receipt } from './ledger.js';
import { keyOf, type Phase, type Place, type Story, type StoryKind } from './stories.js';
import { arrivedOf, judge } from './verdict.js';

const HOOK = 'hook';
const NOC = 'email:noc@example.com';
const SILENT_UNTIL = 5_000;

const story = (kind: StoryKind): Story => ({
  kind,
  site: 'Site-00001',
  siteId: 1,
  firedAt: 0,
  silentUntil: kind === 'silenced' ? SILENT_UNTIL : null,
});

interface Told extends Partial<Receipt> {
  readonly place: Place;
  readonly phase: Phase;
}

/** What arrived, in order; each notice has an id of its own unless it says otherwise. */
function ledgerOf(...told: readonly Told[]): Ledger {
  const ledger = new Ledger();
  for (const [i, { phase, ...more }] of told.entries())
    ledger.add({
      id: `notice-${i}`,
      mentions: [{ site: 'Site-00001', phase }],
      at: 1_000 * i,
      storyAt: 10_000 + i,
      port: 4_000 + i,
      isAnswerLost: false,
      statusBefore: 'due',
      ...more,
    });
  return ledger;
}

const EVERYWHERE: readonly Place[] = [NOC, HOOK, 'chat'];
const told = EVERYWHERE.map((place): Told => ({ place, phase: 'told' }));
const over = EVERYWHERE.map((place): Told => ({ place, phase: 'over' }));
const nobodyDied = (): boolean => false;
const verdictOn = (ledger: Ledger, kind: StoryKind = 'plain', died: (receipt: Receipt) => boolean = nobodyDied) =>
  judge([story(kind)], ledger, died);
const WELL = { expected: 6, lost: 0, duplicatesAnswerLost: 0, duplicatesOther: 0, misordered: 0, early: 0, examples: [] };

describe('the verdict', () => {
  it('finds nothing where everybody got each notice once', () => {
    expect(verdictOn(ledgerOf(...told, ...over))).toEqual(WELL);
  });

  it('finds a notice that was lost', () => {
    const verdict = verdictOn(ledgerOf(...told, ...over.slice(1)));
    expect(verdict).toMatchObject({ lost: 1, duplicatesOther: 0 });
    expect(verdict.examples).toEqual([`${keyOf(NOC, 'Site-00001', 'over')}: 0 instead of 1`]);
  });

  it('does not let a notice sent twice stand for another one that was lost', () => {
    const twice = [
      { place: HOOK, phase: 'told', id: 'same', isAnswerLost: true } as const,
      { place: HOOK, phase: 'told', id: 'same' } as const,
    ];
    expect(verdictOn(ledgerOf(...twice), 'worsening')).toMatchObject({ expected: 9, lost: 8, duplicatesAnswerLost: 1 });
  });

  const again = { place: HOOK, phase: 'told', id: 'notice-1' } as const;

  it('finds a notice that came twice although it was answered', () => {
    expect(verdictOn(ledgerOf(...told, again, ...over))).toMatchObject({ lost: 0, duplicatesAnswerLost: 0, duplicatesOther: 1 });
  });

  it('excuses a repetition whose own answer was lost, at that receiver', () => {
    const [mail, hook, chat] = told;
    const lostAt = (place: Place): Told[] =>
      [mail, hook, chat].flatMap((one) => one ?? []).map((one) => ({ ...one, isAnswerLost: one.place === place }));
    expect(verdictOn(ledgerOf(...lostAt(HOOK), again, ...over))).toMatchObject({ duplicatesAnswerLost: 1, duplicatesOther: 0 });
    expect(verdictOn(ledgerOf(...lostAt('chat'), again, ...over))).toMatchObject({ duplicatesAnswerLost: 0, duplicatesOther: 1 });
  });

  it('excuses each repetition by the one before it', () => {
    const lost = { ...again, isAnswerLost: true };
    const [mail, , chat] = told;
    const ledger = (last: Told) => ledgerOf(...[mail, { ...lost }, chat].flatMap((one) => one ?? []), lost, again, last, ...over);
    expect(verdictOn(ledger(again))).toMatchObject({ duplicatesAnswerLost: 2, duplicatesOther: 1 });
  });

  it('excuses a repetition when the sender died before it could note the answer', () => {
    const died = ({ port }: Receipt): boolean => port === 4_001;
    expect(verdictOn(ledgerOf(...told, again, ...over), 'plain', died)).toMatchObject({
      duplicatesAnswerLost: 1,
      duplicatesOther: 0,
    });
  });

  it('has no excuse for what was noted as sent', () => {
    const died = (): boolean => true;
    const noted = { ...again, statusBefore: 'sent' };
    expect(verdictOn(ledgerOf(...told, noted, ...over), 'plain', died)).toMatchObject({ duplicatesOther: 1 });
  });

  it('finds a second notice of the same under another id', () => {
    expect(verdictOn(ledgerOf(...told, { ...again, id: 'another' }, ...over))).toMatchObject({ lost: 0, duplicatesOther: 1 });
  });

  it('finds a notice to somebody who should not have got any', () => {
    const stranger = { place: 'email:second@example.com', phase: 'told' } as const;
    expect(verdictOn(ledgerOf(...told, stranger, ...over))).toMatchObject({ lost: 0, duplicatesOther: 1 });
  });

  it('finds an end before its beginning', () => {
    const [mail, ...others] = told;
    const late = [...others, ...over, ...(mail === undefined ? [] : [mail])];
    expect(verdictOn(ledgerOf(...late))).toMatchObject({ lost: 0, duplicatesOther: 0, misordered: 1 });
  });

  it('lets the beginning come again after the end when it had come before', () => {
    const [first, ...others] = told.map((one) => ({ ...one, isAnswerLost: true }));
    const late = { place: NOC, phase: 'told', id: 'notice-0' } as const;
    expect(verdictOn(ledgerOf(...(first === undefined ? [] : [first]), ...others, ...over, late))).toMatchObject({
      duplicatesAnswerLost: 1,
      misordered: 0,
    });
  });

  it('finds a notice of what was silenced', () => {
    const ledger = (storyAt: number) => ledgerOf(...told.map((one) => ({ ...one, storyAt })), ...over);
    expect(verdictOn(ledger(SILENT_UNTIL), 'silenced')).toEqual(WELL);
    expect(verdictOn(ledger(SILENT_UNTIL - 1), 'silenced')).toMatchObject({ lost: 0, early: 3 });
  });

  it('counts what has arrived so far, each notice once', () => {
    expect(arrivedOf([story('plain')], ledgerOf(...told, again))).toBe(3);
  });
});
