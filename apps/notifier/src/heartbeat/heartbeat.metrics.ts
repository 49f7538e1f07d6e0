import type { EpochMs } from '@app/domain';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What Prometheus is told of heartbeats; only where there are any. */
export class HeartbeatMetrics {
  private readonly failures: Counter;
  private readonly heldBack: Gauge;

  constructor(registry: Registry, everySeconds: number, lastCallAt: () => Promise<EpochMs | null>) {
    const registers = [registry];
    let knownAt: EpochMs | null = null;
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
      name: 'mistwatch_heartbeat_interval_seconds',
      help: 'How often a heartbeat goes out',
      registers,
    }).set(everySeconds);
    new Gauge({
      name: 'mistwatch_heartbeat_sent_timestamp_seconds',
      help: 'When a heartbeat was last taken, of all notifiers; no sample before the first',
      registers,
      async collect() {
        // Without a database no heartbeat goes out, so what was read before still holds; /health/ready says why.
        knownAt = await lastCallAt().catch(() => knownAt);
        // A gauge without labels begins at 0 and resets to it: that would be a heartbeat of 1970.
        if (knownAt === null) this.remove();
        else this.set(knownAt / 1_000);
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
