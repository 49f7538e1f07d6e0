import type { BackupChange } from '@app/domain';
import { orNull, timeOf } from '../http/answers.js';

export interface FailoverRow {
  readonly id: number;
  readonly site_id: string;
  readonly site_name: string | null;
  readonly region: string;
  readonly primary_key: number;
  readonly primary_id: string;
  readonly primary_name: string | null;
  readonly backup_key: number;
  readonly backup_id: string;
  readonly backup_name: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly trigger: string;
  readonly why: string;
  readonly ended_by: string | null;
  readonly changes: readonly BackupChange[];
  /** Ids of the circuits of the changes, by key. */
  readonly names: Readonly<Record<string, string>> | null;
  readonly latency_count: number;
  readonly latency_avg: number | null;
  readonly latency_max: number | null;
  readonly jitter_count: number;
  readonly jitter_avg: number | null;
  readonly jitter_max: number | null;
  readonly loss_count: number;
  readonly loss_avg: number | null;
  readonly loss_max: number | null;
  readonly rx_bytes: number | null;
  readonly tx_bytes: number | null;
  readonly covered_ms: number;
  readonly utilization_pct: number | null;
  readonly peak_utilization_pct: number | null;
}

/** A failover in the API's words; one that goes on has lasted until `now`. */
export const failoverJson = (row: FailoverRow, now: number) => ({
  id: row.id,
  site_id: row.site_id,
  site_name: row.site_name,
  region: row.region,
  primary: { id: row.primary_id, key: row.primary_key, name: row.primary_name },
  backup: { id: row.backup_id, key: row.backup_key, name: row.backup_name },
  start: timeOf(row.started_at),
  end: timeOf(row.ended_at),
  duration_s: Math.max(0, (row.ended_at?.getTime() ?? now) - row.started_at.getTime()) / 1000,
  open: row.ended_at === null,
  trigger: row.trigger,
  why: row.why,
  ended_by: row.ended_by,
  backup_changes: row.changes.map(({ at, circuitId }) => ({
    at: timeOf(at),
    circuit_id: row.names?.[String(circuitId)] ?? null,
  })),
  utilization_pct: { avg: row.utilization_pct, peak: row.peak_utilization_pct },
  covered_s: row.covered_ms / 1000,
  rx_bytes: row.rx_bytes,
  tx_bytes: row.tx_bytes,
  latency_ms: { avg: row.latency_avg, max: row.latency_max, count: row.latency_count },
  jitter_ms: { avg: row.jitter_avg, max: row.jitter_max, count: row.jitter_count },
  loss_pct: { avg: row.loss_avg, max: row.loss_max, count: row.loss_count },
});

export const FAILOVER_EXAMPLE = {
  id: 17,
  site_id: 'site-1',
  site_name: orNull('Alder Street'),
  region: 'North',
  primary: { id: '020000000101:ge-0/0/0', key: 12, name: orNull('main line') },
  backup: { id: '020000000101:ge-0/0/1', key: 13, name: orNull('spare line') },
  start: '2026-03-01T10:03:00Z',
  end: orNull('2026-03-01T10:30:00Z'),
  duration_s: 1620,
  open: false,
  trigger: 'event',
  why: 'down',
  ended_by: orNull('carries'),
  backup_changes: [],
  utilization_pct: { avg: orNull(61.5), peak: orNull(78.25) },
  covered_s: 1620,
  rx_bytes: orNull(2490750000),
  tx_bytes: orNull(248000000),
  latency_ms: { avg: orNull(41.5), max: orNull(60), count: 6 },
  jitter_ms: { avg: orNull(4), max: orNull(9), count: 6 },
  loss_pct: { avg: orNull(0.1), max: orNull(0.4), count: 6 },
};
