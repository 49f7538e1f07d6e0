import { ATTRIBUTE_SOURCES, type AttributeSource, type CircuitRole } from '../circuit.js';
import type { EpochMs, PathSample, PortEvent, PortSample, Span } from '../sample.js';

export type FailoverTrigger = 'event' | 'poll';
/** What the primary was found to be: its port down, or up without carrying anything. */
export type FailoverWhy = 'down' | 'inactive';
/** The primary carried again, its port was disabled, or another circuit became the primary. */
export type FailoverEnd = 'carries' | 'disabled' | 'role';

/** From `at` on another circuit carried the site. */
export interface BackupChange {
  readonly at: EpochMs;
  readonly circuitId: number;
}

/** A time in which the primary of a site did not carry it and another circuit did. */
export interface Failover {
  readonly primaryId: number;
  /** The circuit that carried at the start. */
  readonly backupId: number;
  readonly startedAt: EpochMs;
  /** The observation after which it was certain. */
  readonly decidedAt: EpochMs;
  /** `null`: it goes on. */
  readonly endedAt: EpochMs | null;
  readonly trigger: FailoverTrigger;
  readonly why: FailoverWhy;
  readonly endedBy: FailoverEnd | null;
  /** Ascending; empty while the first one carries. */
  readonly changes: readonly BackupChange[];
}

/** The role of a circuit from a date on; `-Infinity` = since ever. */
export interface DatedRole {
  readonly since: EpochMs;
  readonly role: CircuitRole | null;
}

/** All that was observed of one circuit of a site; in any order, repeats do no harm. */
export interface SiteCircuit {
  readonly id: number;
  /** Ascending. */
  readonly roles: readonly DatedRole[];
  readonly polls: readonly PortSample[];
  readonly events: readonly PortEvent[];
  readonly paths: readonly PathSample[];
  /** Its gateway was cut off from the cloud: what was polled meanwhile is no observation. */
  readonly cutOffs: readonly Span[];
}

/** The circuit that carries the site now, as far as this failover tells. */
export const activeBackupOf = ({ backupId, changes }: Pick<Failover, 'backupId' | 'changes'>): number =>
  changes.at(-1)?.circuitId ?? backupId;

interface RoleRow {
  readonly source: AttributeSource;
  readonly since: EpochMs;
  /** It was said no longer from here on; absent: it still is. */
  readonly until?: EpochMs;
  readonly role: CircuitRole;
}

const latestUntil = (rows: readonly RoleRow[], at: EpochMs): CircuitRole | null =>
  rows.reduce<RoleRow | null>(
    (latest, row) =>
      row.since <= at && at < (row.until ?? Infinity) && (latest === null || row.since >= latest.since) ? row : latest,
    null,
  )?.role ?? null;

/** Roles through time: what a more trusted source says goes before what another says, whatever its date. */
export const rolesOf = (rows: readonly RoleRow[]): DatedRole[] => {
  const bySource = ATTRIBUTE_SOURCES.map((source) => rows.filter((row) => row.source === source));
  const turns = rows.flatMap(({ since, until = Infinity }) => (until === Infinity ? [since] : [since, until]));
  const dates = [...new Set(turns)].sort((a, b) => a - b);
  const said = (at: EpochMs): CircuitRole | null =>
    bySource.reduce<CircuitRole | null>((role, own) => role ?? latestUntil(own, at), null);
  return dates.map((since) => ({ since, role: said(since) }));
};

export const roleAt = (roles: readonly DatedRole[], at: EpochMs): CircuitRole | null =>
  roles.findLast(({ since }) => since <= at)?.role ?? null;

/** Stretches in which the circuit is a primary. */
export const primarySpans = (roles: readonly DatedRole[]): Span[] =>
  roles.flatMap(({ since, role }, i) => (role === 'primary' ? [{ from: since, to: roles[i + 1]?.since ?? Infinity }] : []));
