import type { EpochMs, ReplayedNotice, Severity, Span } from '@app/domain';
import { PermanentError, routingOf, type Database, type Settings, type TriedRouting } from '@app/shared';
import { listIncidents, readIncidents, type SentIncident } from './past-incidents.repository.js';
import { REPLAY_TOO_LARGE } from './limits.js';
import { tallied, Tally, type NoticesTally } from './tally.js';
import { noticesOf, sideOf, surroundingsOf } from './tried-side.js';

export interface NoticesRequest {
  readonly settings: Settings;
  readonly orgId: number;
  readonly span: Span;
  readonly tried: TriedRouting;
  readonly mostIncidents: number;
}

/** One incident about which people would have heard otherwise than by the rules as they are. */
export interface DifferingIncident {
  readonly incidentId: number;
  readonly title: string;
  readonly severity: Severity;
  readonly openedAt: EpochMs;
  readonly sent: number;
  readonly now: number;
  readonly changed: number;
  /** When the first would have been told; `null` = nobody would. */
  readonly firstNow: EpochMs | null;
  readonly firstChanged: EpochMs | null;
}

export interface NoticesResult {
  readonly incidents: number;
  /** What receivers took. */
  readonly sent: number;
  readonly now: NoticesTally;
  readonly changed: NoticesTally;
  readonly destinations: readonly {
    readonly destination: string;
    readonly sent: number;
    readonly now: number;
    readonly changed: number;
  }[];
  readonly differing: number;
  readonly differingIncidents: readonly DifferingIncident[];
  readonly notes: readonly string[];
}

/** Incidents held in memory at once, and named one by one. */
const CHUNK = 200;
const MOST_NAMED = 200;

const NOTES = [
  'Incidents are grouped, and people take them, as they did.',
  'Regions, providers and store types are those at the end of the time; a window of maintenance that was cancelled counts as none.',
  'Receivers that did not answer, ceilings, and what people were told of an acknowledgement are left out.',
] as const;

type SideName = 'now' | 'changed';

/** What would have been sent about past incidents by other policies, rotas, times and silences, beside what was. Stores and sends nothing. */
export async function replayRouting(database: Database, request: NoticesRequest): Promise<NoticesResult> {
  const { settings, orgId, span, tried } = request;
  const ids = await listIncidents(database, orgId, span);
  if (ids.length > request.mostIncidents)
    throw new PermanentError(
      REPLAY_TOO_LARGE,
      `${String(ids.length)} incidents are too many to replay at once; ask for less time.`,
    );
  const sides = { now: await sideOf(database, request, routingOf(settings)), changed: await sideOf(database, request, tried) };
  const tallies = { now: new Tally(), changed: new Tally() };
  const sent = new Map<string, number>();
  const differing: DifferingIncident[] = [];
  for (let from = 0; from < ids.length; from += CHUNK) {
    const part = await readIncidents(database, orgId, ids.slice(from, from + CHUNK), span.to);
    const surroundings = await surroundingsOf(database, orgId, part, span);
    for (const incident of part) {
      for (const [destination, count] of incident.sent) sent.set(destination, (sent.get(destination) ?? 0) + count);
      const notices = {
        now: noticesOf(incident, sides.now, surroundings),
        changed: noticesOf(incident, sides.changed, surroundings),
      };
      for (const side of ['now', 'changed'] as const) tallies[side].take(notices[side]);
      if (isOtherwise(notices)) differing.push(differingOf(incident, notices));
    }
  }
  return {
    incidents: ids.length,
    sent: [...sent.values()].reduce((sum, count) => sum + count, 0),
    now: tallies.now.result,
    changed: tallies.changed.result,
    destinations: tallied({ sent, now: tallies.now.byDestination, changed: tallies.changed.byDestination }),
    differing: differing.length,
    differingIncidents: differing.sort((a, b) => a.openedAt - b.openedAt || a.incidentId - b.incidentId).slice(0, MOST_NAMED),
    notes: NOTES,
  };
}

const isOtherwise = ({ now, changed }: Readonly<Record<SideName, readonly ReplayedNotice[]>>): boolean =>
  JSON.stringify(now) !== JSON.stringify(changed);

const countOf = (notices: readonly ReplayedNotice[]): number => notices.reduce((sum, { to }) => sum + to.length, 0);

const differingOf = (
  { id, title, severity, openedAt, sent }: SentIncident,
  { now, changed }: Readonly<Record<SideName, readonly ReplayedNotice[]>>,
): DifferingIncident => ({
  incidentId: id,
  title,
  severity,
  openedAt,
  sent: [...sent.values()].reduce((sum, count) => sum + count, 0),
  now: countOf(now),
  changed: countOf(changed),
  firstNow: now[0]?.at ?? null,
  firstChanged: changed[0]?.at ?? null,
});
