import type { EpochMs, PortEvent, PortState, SiteCircuit, Span } from '@app/domain';
import type { Copying } from '@app/shared';
import { cutOffsOf } from '../facts/cut-offs.repository.js';
import { loadPaths } from '../facts/paths.repository.js';
import { loadPolls } from '../facts/samples.repository.js';
import { epochMs, msOf } from '../facts/sql-time.js';
import { groupedBy, ofCircuit } from '../facts/work-items.js';
import type { CircuitOfSite } from './sites.repository.js';

/** A circuit whose observations in `[from, to)` are asked for. */
export interface Asked extends Span {
  readonly circuit: CircuitOfSite;
}

/** Bounds of what can be stored at all: years 1970 to 2100. */
const FIRST_MS = 0;
const LAST_MS = Date.UTC(2101, 0, 1);
const clamped = (at: EpochMs): EpochMs => Math.min(Math.max(at, FIRST_MS), LAST_MS);

/** All that was observed of these circuits in these stretches, in the order asked. */
export async function loadObserved(db: Copying, orgId: number, asked: readonly Asked[]): Promise<SiteCircuit[]> {
  if (asked.length === 0) return [];
  const [lowers, uppers] = [asked.map(({ from }) => clamped(from)), asked.map(({ to }) => clamped(to))];
  const span = { from: Math.min(...lowers), to: Math.max(...uppers) };
  const keys = [orgId, asked.map(({ circuit }) => circuit.id), lowers, uppers, span.from, span.to];
  const polls = await loadPolls(
    db,
    orgId,
    asked.map(({ circuit }, i) => ({ circuitId: circuit.id, from: lowers[i] ?? FIRST_MS, to: uppers[i] ?? LAST_MS })),
  );
  const events = groupedBy(
    await db.query<{ i: number; at_ms: number; state: PortState }>(
      `select i.i, ${epochMs('e.at')} as at_ms, e.state from ${ofCircuit('port_event', 'e')} order by i.i, e.at, e.state`,
      keys,
    ),
    (row): PortEvent => ({ at: msOf(row.at_ms), state: row.state }),
  );
  const paths = await loadPaths(
    db,
    orgId,
    asked.map(({ circuit, from, to }) => ({ circuit, from: clamped(from), to: clamped(to) })),
  );
  const cutOffs = await cutOffsOf(db, orgId, [...new Set(asked.flatMap(({ circuit }) => circuit.deviceId ?? []))], span);
  return asked.map(({ circuit }, i) => ({
    id: circuit.id,
    roles: circuit.roles,
    polls: polls[i] ?? [],
    events: events.get(i + 1) ?? [],
    paths: paths[i] ?? [],
    cutOffs: cutOffs.get(circuit.deviceId ?? 0) ?? [],
  }));
}
