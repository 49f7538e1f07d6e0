import { Logger } from '@nestjs/common';
import type { Clock } from '@app/shared';

/** A poll shows that it lives three times as often as it must. */
const RENEWALS_PER_LEASE = 3;

/** Renews a lease while a poll runs, and stops the poll when the lease is lost. */
export class LeaseKeeper<K> {
  private readonly logger = new Logger(LeaseKeeper.name);
  private readonly lost = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly leases: { renew(key: K, until: number): Promise<boolean> },
    private readonly key: K,
    private readonly clock: Clock,
    private readonly leaseMs: number,
  ) {
    this.timer = setInterval(() => void this.renew(), leaseMs / RENEWALS_PER_LEASE);
    this.timer.unref();
  }

  /** Aborts when another holds the lease now. */
  get signal(): AbortSignal {
    return this.lost.signal;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    try {
      if (!(await this.leases.renew(this.key, this.clock.now() + this.leaseMs))) this.lost.abort();
    } catch (error) {
      // The next renewal comes well before the end of the lease.
      this.logger.warn({ message: 'A lease could not be renewed', error });
    }
  }
}
