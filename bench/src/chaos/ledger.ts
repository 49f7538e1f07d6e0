import { keyOf, type Phase, type Place } from './stories.js';

/** What a notice says of one site; a digest speaks of many. */
export interface Mention {
  readonly site: string;
  readonly phase: Phase;
}

/** A notice that a receiver took. */
export interface Receipt {
  readonly place: Place;
  /** `Message-ID`, `webhook-id` or `block_id`. */
  readonly id: string;
  readonly mentions: readonly Mention[];
  /** By the clock of the machine. */
  readonly at: number;
  /** By the clock of the play. */
  readonly storyAt: number;
  /** Port of the sender. */
  readonly port: number;
  /** Taken, and the connection cut instead of an answer. */
  readonly isAnswerLost: boolean;
  /** What the database said of the delivery when it came: `sent` must not come again. */
  readonly statusBefore: string | null;
}

/** All notices that were taken, in order. */
export class Ledger {
  readonly receipts: Receipt[] = [];
  private readonly ids = new Map<string, Set<string>>();

  add(receipt: Receipt): void {
    this.receipts.push(receipt);
    for (const { site, phase } of receipt.mentions) {
      const key = keyOf(receipt.place, site, phase);
      this.ids.set(key, (this.ids.get(key) ?? new Set()).add(receipt.id));
    }
  }

  /** How many different notices say this; the same sent again counts once. */
  countOf(key: string): number {
    return this.ids.get(key)?.size ?? 0;
  }

  keys(): Iterable<string> {
    return this.ids.keys();
  }
}
