const nothing = (): void => undefined;

/** Work that goes side by side, and work that waits until none of it is under way and keeps what comes next waiting. */
export class Gate {
  private readonly underWay = new Set<Promise<void>>();
  /** Until when others wait; null: open. Whoever waited looks again, for another one may have closed it since. */
  private closed: Promise<void> | null = null;

  async beside<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed !== null) await this.closed;
    const run = work();
    const ended = run.then(nothing, nothing);
    this.underWay.add(ended);
    try {
      return await run;
    } finally {
      this.underWay.delete(ended);
    }
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    while (this.closed !== null) await this.closed;
    const run = Promise.all(this.underWay).then(work);
    this.closed = run.then(nothing, nothing).then(() => {
      this.closed = null;
    });
    return run;
  }
}
