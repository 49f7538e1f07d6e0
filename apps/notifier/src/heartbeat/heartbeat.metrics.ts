import type { EpochMs } from '@app/domain';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What Prometheus is told of heartbeats; only where there are any. */
export class HeartbeatMetrics {
  private readonly failures: Counter;
  private readonly heldBack: Gauge;

  constructor(registry: Registry, lastCallAt: () => Promise<EpochMs | null>) {
    const registers = [registry];
    this.failures = new Counter({
      name: 'mistwatch_heartbeat_failures_total',
      help: 'Heartbeats that were not taken',
      registers,
    });
    this.heldBack = new Gauge({
      name: 'mistwatch_heartbeat_held_back',
      help: '1 while no heartbeat goes out because something stands still',
      registers,
    });
    new Gauge({
      name: 'mistwatch_heartbeat_sent_timestamp_seconds',
      help: 'When a heartbeat was last taken, of all notifiers',
      registers,
      async collect() {
        this.reset();
        // Without a database there is nothing to tell, and /health/ready says why.
        const at = await lastCallAt().catch(() => null);
        if (at !== null) this.set(at / 1_000);
      },
    });
  }

  noteFailure(): void {
    this.failures.inc();
  }

  setHeldBack(isHeldBack: boolean): void {
    this.heldBack.set(isHeldBack ? 1 : 0);
  }
}
