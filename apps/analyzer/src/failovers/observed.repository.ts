import type { EpochMs, PortEvent, PortState, SiteCircuit, Span } from '@app/domain';
import type { Queryable } from '@app/shared';
import { cutOffsOf } from '../facts/cut-offs.repository.js';
import { loadPaths } from '../facts/paths.repository.js';
import { PORT_COLUMNS, toSample, type PortRow } from '../facts/port-rows.js';
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
export async function loadObserved(db: Queryable, orgId: number, asked: readonly Asked[]): Promise<SiteCircuit[]> {
  if (asked.length === 0) return [];
  const [lowers, uppers] = [asked.map(({ from }) => clamped(from)), asked.map(({ to }) => clamped(to))];
  const span = { from: Math.min(...lowers), to: Math.max(...uppers) };
  const keys = [orgId, asked.map(({ circuit }) => circuit.id), lowers, uppers, span.from, span.to];
  const polls = groupedBy(
    await db.query<PortRow & { i: number }>(
      `select i.i, ${PORT_COLUMNS} from ${ofCircuit('port_sample', 's')} order by i.i, s.at`,
      keys,
    ),
    toSample,
  );
  const events = groupedBy(
    await db.query<{ i: number; at_ms: number; state: PortState }>(
      `select i.i, ${epochMs('e.at')} as at_ms, e.state from ${ofCircuit('port_event', 'e')} order by i.i, e.at, e.state`,
      keys,
    ),
    (row): PortEvent => ({ at: msOf(row.at_ms), state: row.state }),
  );
  const paths = await loadPaths(db, orgId, { work: asked, keys });
  const cutOffs = await cutOffsOf(db, orgId, [...new Set(asked.flatMap(({ circuit }) => circuit.deviceId ?? []))], span);
  return asked.map(({ circuit }, i) => ({
    id: circuit.id,
    roles: circuit.roles,
    polls: polls.get(i + 1) ?? [],
    events: events.get(i + 1) ?? [],
    paths: paths.get(i + 1) ?? [],
    cutOffs: cutOffs.get(circuit.deviceId ?? 0) ?? [],
  }));
}
