import type { Receipt } from './receivers.js';

/** What came of the notices; `lost` and `duplicatesOther` must be 0. */
export interface Verdict {
  readonly expected: number;
  readonly lost: number;
  /** Sent again because nobody can know that it had arrived: the answer was lost, or its sender died before it could note it. */
  readonly duplicatesAnswerLost: number;
  readonly duplicatesOther: number;
  readonly examples: readonly string[];
}

/** Every alert is told and ended once to each receiver; what came twice needs an excuse. */
export function judge(alerts: number, receipts: readonly Receipt[], hadDied: (receipt: Receipt, by: number) => boolean): Verdict {
  const expected = alerts * 4;
  const notices = new Map<string, Receipt[]>();
  for (const receipt of receipts) {
    const key = `${receipt.way} ${receipt.site} ${receipt.isRecovery ? 'recovered' : 'opened'}`;
    notices.set(key, [...(notices.get(key) ?? []), receipt]);
  }
  let [answerLost, other] = [0, 0];
  const examples: string[] = [];
  for (const [key, received] of notices) {
    for (const [i, receipt] of received.entries()) {
      const before = received[i - 1];
      if (receipt.statusBefore !== 'sent' && before === undefined) continue;
      const isExcused =
        before !== undefined &&
        before.id === receipt.id &&
        receipt.statusBefore !== 'sent' &&
        (before.isAnswerLost || hadDied(before, receipt.at));
      if (isExcused) answerLost += 1;
      else {
        other += 1;
        examples.push(`${key}: ${JSON.stringify([before, receipt])}`);
      }
    }
  }
  return { expected, lost: expected - notices.size, duplicatesAnswerLost: answerLost, duplicatesOther: other, examples };
}
