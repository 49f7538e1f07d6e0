import type { EpochMs, PathSample, PortEvent, PortSample, PortState } from '@app/domain';

/** What a batch or an import observed, resolved to our keys. */
export interface FactsInput {
  readonly orgId: number;
  /** Row of the batch; 0 for an import. */
  readonly batchId: number;
  readonly origin: 'live' | 'import';
  readonly now: EpochMs;
  readonly portSamples: readonly { readonly circuitId: number; readonly sample: PortSample }[];
  readonly portEvents: readonly { readonly circuitId: number; readonly event: PortEvent; readonly receivedAt: EpochMs }[];
  readonly pathSamples: readonly {
    readonly deviceId: number;
    readonly portName: string;
    readonly sample: PathSample;
    readonly receivedAt: EpochMs;
  }[];
  readonly deviceStates: readonly { readonly deviceId: number; readonly at: EpochMs; readonly connected: boolean }[];
  /** Times at which the org answered. */
  readonly reads: readonly EpochMs[];
}

/** A circuit whose observations or facts changed. */
export interface CircuitChange {
  readonly circuitId: number;
  readonly siteId: number;
  readonly state: PortState | null;
  readonly stateSince: EpochMs | null;
  readonly stateAt: EpochMs | null;
  readonly disabled: boolean;
  /** Closed hours whose facts were computed anew. */
  readonly closedHours: readonly EpochMs[];
}

export interface FactsResult {
  readonly changes: CircuitChange[];
  /** Observations that were new or changed. */
  readonly stored: number;
  /** Sites whose failovers may be other ones now. */
  readonly failoverMarks: number;
}
