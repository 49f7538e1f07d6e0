import { channel } from 'node:diagnostics_channel';

/** Channel that tells how long each part of making facts took, when somebody listens: `{ part, ms }`. */
export const FACT_PARTS = 'mistwatch:fact-parts';

export interface FactPart {
  readonly part: 'read' | 'compute' | 'store' | 'paths';
  readonly ms: number;
}

const parts = channel(FACT_PARTS);

/** Runs from where the last part ended. */
export class PartsClock {
  private since = performance.now();

  ends(part: FactPart['part']): void {
    if (!parts.hasSubscribers) return;
    const now = performance.now();
    parts.publish({ part, ms: now - this.since } satisfies FactPart);
    this.since = now;
  }
}
