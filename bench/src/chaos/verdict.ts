import type { Ledger, Receipt } from './ledger.js';
import { expectedOf, type Phase, type Story } from './stories.js';

/** What came of the notices; all but `expected` and `duplicatesAnswerLost` must be 0. */
export interface Verdict {
  readonly expected: number;
  readonly lost: number;
  /** The same notice again, because the receiver lost its answer, or the sender died before it could note it: nobody can know that it had arrived. */
  readonly duplicatesAnswerLost: number;
  /** The same notice again without such a reason, or another one that nobody should have got. */
  readonly duplicatesOther: number;
  /** Ends that somebody heard of before the beginning. */
  readonly misordered: number;
  /** Notices of what was silenced. */
  readonly early: number;
  readonly examples: readonly string[];
}

/** Whether a sender had died by an instant before it could note that its notice was taken. */
export type DiedBeforeNoting = (receipt: Receipt, by: number) => boolean;

/** Compares what people got with what they should have got; what came twice needs an excuse. */
export function judge(stories: readonly Story[], ledger: Ledger, diedBeforeNoting: DiedBeforeNoting): Verdict {
  const counted = countNotices(stories, ledger);
  const repeated = judgeRepetitions(ledger.receipts, diedBeforeNoting);
  const misordered = stories.flatMap((story) => misorderedOf(story, ledger.receipts));
  const early = earlyOf(stories, ledger.receipts);
  const wrong = [...repeated.wrong, ...misordered, ...early].map((found) => JSON.stringify(found));
  return {
    expected: counted.expected,
    lost: counted.lost,
    duplicatesAnswerLost: repeated.excused,
    duplicatesOther: repeated.wrong.length + counted.tooMany,
    misordered: misordered.length,
    early: early.length,
    examples: [...counted.examples, ...wrong],
  };
}

/** How many of the notices that must come have come so far. */
export function arrivedOf(stories: readonly Story[], ledger: Ledger): number {
  return stories.flatMap(expectedOf).reduce((sum, { key, count }) => sum + Math.min(count, ledger.countOf(key)), 0);
}

function countNotices(
  stories: readonly Story[],
  ledger: Ledger,
): { expected: number; lost: number; tooMany: number; examples: string[] } {
  const wanted = new Map(stories.flatMap(expectedOf).map(({ key, count }) => [key, count]));
  let [expected, lost, tooMany] = [0, 0, 0];
  const examples: string[] = [];
  for (const key of new Set([...wanted.keys(), ...ledger.keys()])) {
    const [want, got] = [wanted.get(key) ?? 0, ledger.countOf(key)];
    expected += want;
    lost += Math.max(0, want - got);
    tooMany += Math.max(0, got - want);
    if (want !== got) examples.push(`${key}: ${got} instead of ${want}`);
  }
  return { expected, lost, tooMany, examples };
}

interface Repetition {
  readonly before: Receipt | null;
  readonly again: Receipt;
}

function judgeRepetitions(
  receipts: readonly Receipt[],
  diedBeforeNoting: DiedBeforeNoting,
): { excused: number; wrong: Repetition[] } {
  const last = new Map<string, Receipt>();
  const wrong: Repetition[] = [];
  let excused = 0;
  for (const again of receipts) {
    const notice = `${again.place} ${again.id}`;
    const before = last.get(notice) ?? null;
    last.set(notice, again);
    const wasSent = again.statusBefore === 'sent';
    if (before === null && !wasSent) continue;
    if (before !== null && !wasSent && (before.isAnswerLost || diedBeforeNoting(before, again.at))) excused += 1;
    else wrong.push({ before, again });
  }
  return { excused, wrong };
}

/** By place: when each thing was said for the first time that was said last. */
function misorderedOf({ kind, site }: Story, receipts: readonly Receipt[]): object[] {
  const places = new Set(expectedOf({ kind, site }).map(({ key }) => key.split(' ', 1)[0]));
  return [...places].flatMap((place) => {
    const firsts = new Map<string, Phase>();
    const said = receipts.filter((receipt) => receipt.place === place);
    for (const { id, mentions } of said)
      for (const mention of mentions)
        if (mention.site === site && !firsts.has(`${id} ${mention.phase}`)) firsts.set(`${id} ${mention.phase}`, mention.phase);
    const phases = [...firsts.values()];
    const end = phases.indexOf('over');
    return end >= 0 && end < phases.length - 1 ? [{ place, site, phases }] : [];
  });
}

function earlyOf(stories: readonly Story[], receipts: readonly Receipt[]): object[] {
  const silent = new Map(
    stories.flatMap(({ site, silentUntil }) => (silentUntil === null ? [] : [[site, silentUntil] as const])),
  );
  return receipts.flatMap((receipt) =>
    receipt.mentions.some(({ site }) => receipt.storyAt < (silent.get(site) ?? -Infinity)) ? [{ early: receipt }] : [],
  );
}
