import type { ApiSettings } from '../settings.js';

export type ExportLimits = ApiSettings['exports'];

/** How long the reader of an export may take: for what was given to it last, and for all of it. */
export class ReaderWatch {
  private idle: NodeJS.Timeout | undefined;
  private readonly total: NodeJS.Timeout;

  constructor(
    private readonly limits: ExportLimits,
    private readonly cutOff: (why: Error) => void,
  ) {
    const { totalMs } = limits;
    this.total = setTimeout(() => cutOff(new Error(`An export was not read to its end within ${String(totalMs)} ms.`)), totalMs);
    this.given();
  }

  /** It has something to take. */
  given(): void {
    const { idleMs } = this.limits;
    this.taken();
    this.idle = setTimeout(
      () => this.cutOff(new Error(`The reader of an export took nothing for ${String(idleMs)} ms.`)),
      idleMs,
    );
  }

  /** It took what there was; that the next takes time is not its fault. */
  taken(): void {
    clearTimeout(this.idle);
  }

  end(): void {
    this.taken();
    clearTimeout(this.total);
  }
}
