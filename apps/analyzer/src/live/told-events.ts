import { DAY_MS, type EpochMs } from '@app/domain';
import type { LiveEvent, Moved } from '@app/shared';

type ToldEvent = Pick<LiveEvent, 'type' | 'at' | 'site' | 'facts'>;

const SITE = 'site:';
const DAY = 'day:';
const ALL = 'all:';
/** The name under which the end of the closed hours is told. */
export const FACTS = 'facts';

/** What is true now, under the names it is told by. */
export interface TrueNow {
  readonly sites: readonly { readonly id: string; readonly status: string }[];
  readonly closedUntil: Date | null;
  /** To which end hours were told as closed. */
  readonly toldUntil: string | null;
  /** Counts of changes, named `day:2026-03-01` or `all:`, with the instant from which on they are seen. */
  readonly revisions: readonly { readonly name: string; readonly changes: number }[];
}

export function namesOf({ sites, closedUntil, toldUntil, revisions }: TrueNow): Map<string, string> {
  // Hours that were told as closed stay so when a circuit with older ones comes back; what it brings are late days.
  const until = [closedUntil?.toISOString() ?? null, toldUntil]
    .filter((each) => each !== null)
    .sort()
    .at(-1);
  return new Map([
    ...sites.map(({ id, status }): [string, string] => [SITE + id, status]),
    ...(until === undefined ? [] : [[FACTS, until] as [string, string]]),
    ...revisions.map(({ name, changes }): [string, string] => [name, String(changes)]),
  ]);
}

const time = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

interface ChangedDays {
  readonly from: EpochMs;
  to: EpochMs;
  revision: number;
}

/** Neighbouring days are one stretch: a backfill changes a month at once. */
function stretchesOf(moved: readonly Moved[]): ChangedDays[] {
  const stretches: ChangedDays[] = [];
  for (const { name, value } of moved) {
    const from = Date.parse(name.slice(DAY.length));
    const last = stretches.at(-1);
    if (last?.to === from) {
      last.to += DAY_MS;
      last.revision += Number(value);
    } else stretches.push({ from, to: from + DAY_MS, revision: Number(value) });
  }
  return stretches;
}

const changed = (now: EpochMs, from: string | null, to: string | null, revision: string): ToldEvent => ({
  type: 'data.changed',
  at: new Date(now),
  site: null,
  facts: { from, to, revision },
});

/** Events of what moved, which is sorted by name. What is seen for the first time did not change: a new site, the first hours. */
export function eventsOf(moved: readonly Moved[], now: EpochMs): ToldEvent[] {
  const named = (prefix: string): Moved[] => moved.filter(({ name }) => name.startsWith(prefix));
  const known = (prefix: string): Moved[] => named(prefix).filter(({ was }) => was !== null);
  const at = new Date(now);
  return [
    ...known(SITE).map(({ name, was, value }) => ({
      type: 'site.status',
      at,
      site: name.slice(SITE.length),
      facts: { status: value, from_status: was },
    })),
    ...known(FACTS).map(({ was, value }) => ({
      type: 'facts.closed',
      at,
      site: null,
      facts: { from: time(Date.parse(was ?? '')), to: time(Date.parse(value)) },
    })),
    ...stretchesOf(named(DAY)).map(({ from, to, revision }) => changed(now, time(from), time(to), String(revision))),
    ...named(ALL).map(({ name, value }) => {
      const from = name.slice(ALL.length);
      return changed(now, from === '' ? null : time(Date.parse(from)), null, value);
    }),
  ];
}
