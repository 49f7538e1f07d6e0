import type { EpochMs, PortSample } from '@app/domain';
import type { LockedCircuit } from '../facts/circuits.repository.js';

interface Counters {
  readonly at: EpochMs;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** More circuits than one process looks after. */
const MAX_CIRCUITS = 200_000;

/**
 * The counters of the newest reading of each circuit, as far as this process saw them: most readings of ports without an active flag can be told
 * from standing still without asking the database.
 */
export class CounterMemory {
  private readonly newest = new Map<number, Counters>();

  /** `true`: its counters rose since the reading before, which is the one remembered. Otherwise nothing is known here. */
  hasRisen(circuit: LockedCircuit, { at, rxBytes, txBytes }: PortSample, maxGapMs: number): boolean {
    const last = this.newest.get(circuit.id);
    if (last === undefined || last.at !== circuit.lastCountersAt || last.at >= at || at - last.at > maxGapMs) return false;
    return (rxBytes !== null && rxBytes > last.rxBytes) || (txBytes !== null && txBytes > last.txBytes);
  }

  remember(circuitId: number, { at, rxBytes, txBytes }: PortSample): void {
    const last = this.newest.get(circuitId);
    if (rxBytes === null || txBytes === null || (last !== undefined && last.at > at)) return;
    if (this.newest.size >= MAX_CIRCUITS) this.newest.clear();
    this.newest.set(circuitId, { at, rxBytes, txBytes });
  }
}
