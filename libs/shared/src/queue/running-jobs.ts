import type { Job } from 'bullmq';

interface RunningJob {
  readonly job: Job;
  readonly token: string;
  readonly abort: AbortController;
}

/** The jobs a process works on, so that it can wait for them, or hand them back, when it stops. */
export class RunningJobs {
  private readonly running = new Set<RunningJob>();
  private idle: (() => void)[] = [];

  /** Runs `work`; `null` when the job was handed back before the work was done. */
  async track<T>(job: Job, token: string, work: (signal: AbortSignal) => Promise<T>): Promise<{ readonly value: T } | null> {
    const entry: RunningJob = { job, token, abort: new AbortController() };
    const { signal } = entry.abort;
    const handedBack = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
    this.running.add(entry);
    try {
      return await Promise.race([work(signal).then((value) => ({ value })), handedBack]);
    } finally {
      this.running.delete(entry);
      if (this.running.size === 0) this.idle.splice(0).forEach((wake) => wake());
    }
  }

  /** Resolves `true` when nothing runs any more, `false` when that takes longer than `graceMs`. */
  async drained(graceMs: number): Promise<boolean> {
    if (this.running.size === 0) return true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), graceMs);
    });
    const done = new Promise<true>((resolve) => this.idle.push(() => resolve(true)));
    return Promise.race([done, late]).finally(() => clearTimeout(timer));
  }

  /** Makes what still runs available to other processes. Returns the ids. */
  async handBack(): Promise<string[]> {
    const late = [...this.running];
    await Promise.all(
      late.map(async ({ job, token, abort }) => {
        await job.moveToWait(token).finally(() => abort.abort());
      }),
    );
    return late.map(({ job }) => job.id ?? '');
  }
}
