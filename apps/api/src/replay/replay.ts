import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  HOUR_MS,
  JUDGED_HOURS,
  type AlertRuleId,
  type EpochMs,
  type ReplayedAlert,
  type Span,
  type UnfiredAlert,
} from '@app/domain';
import { PermanentError, type Database, type Settings } from '@app/shared';
import { isAbout, ROWS_AN_HOUR, subjectKey, triableOf, type ReplayBasis } from './bases.js';
import { sidesOf, type RuleChanges, type Sides } from './changes.js';
import { compared, firedInside, type ReplayedRule } from './compare.js';
import { REPLAY_NOT_STORED, REPLAY_TOO_LARGE } from './limits.js';
import { load, pollsSince, replayPlace } from './place-replay.js';
import { countSent, readPlaces, readStoredAlerts, type ReplayPlace } from './replay.repository.js';
import { compareTold, type LeftOut, type ToldResult } from './told.js';

export interface ReplayRequest {
  readonly settings: Settings;
  readonly org: { readonly id: number; readonly externalId: string };
  /** Whole hours. */
  readonly span: Span;
  readonly changes: RuleChanges;
  /** Circuits and sites times hours, by each rule; more are refused. */
  readonly mostHours: number;
  /** Alerts, those of other rules too; the notices of more are left out. */
  readonly mostAlerts: number;
}

export interface ReplayResult {
  readonly hours: number;
  readonly circuits: number;
  readonly sites: number;
  readonly rules: readonly (ReplayedRule & ReplayedOn)[];
  readonly notices: ToldResult | LeftOut;
}

/** What a rule was tried on, and what that leaves out. */
export interface ReplayedOn {
  readonly basis: ReplayBasis;
  readonly notes: readonly string[];
}

/** Rows held in memory at once. */
const CHUNK_ROWS = 100_000;
/** Rows judged, by each rule and for each side, before others get their turn. */
const TURN_ROWS = 20_000;
/** A place without a row is work, too. */
const LEAST_ROWS = 100;
/** Polls are ten times the work of hours. */
const POLLS_WEIGH = 10;

interface AskedRule {
  readonly id: AlertRuleId;
  readonly basis: ReplayBasis;
}

/** What one set of rules opens. */
interface SideOutcome {
  readonly fired: ReplayedAlert[];
  readonly unfired: UnfiredAlert[];
}

interface Outcome {
  readonly now: SideOutcome;
  readonly changed: SideOutcome;
  pollsSince: EpochMs;
}

/** What changed rules would have told of what is stored, compared with the rules as they are and with the alerts there were. */
export async function replayRules(database: Database, request: ReplayRequest): Promise<ReplayResult> {
  const { settings, org, span, changes } = request;
  const sides = sidesOf(settings, changes);
  const rules = sides.ids.map((id) => askedRule(id, sides));
  if (rules.length === 0) throw new PermanentError(REPLAY_NOT_STORED, 'No rule goes by these thresholds.');
  const places = await readPlaces(database, { orgId: org.id, externalOrgId: org.externalId, at: span.to });
  const asked = rules.map((rule) => ({ rule, places: places.filter((place) => isAsked(place, rule, sides)) }));
  const either = new Set(asked.flatMap((each) => each.places));
  // A day before: so long ago may an alert have begun that the first hour still knows of.
  const read = { from: span.from - JUDGED_HOURS * HOUR_MS, to: span.to };
  refuseTooMuch(asked, (read.to - read.from) / HOUR_MS, request.mostHours);
  const outcome = await replayPlaces(database, { orgId: org.id, asked: [...either], places, rules, sides, read });
  return {
    hours: (span.to - span.from) / HOUR_MS,
    circuits: [...either].filter(({ circuitId }) => circuitId !== null).length,
    sites: [...either].filter(({ circuitId }) => circuitId === null).length,
    rules: await compareAlerts(database, { orgId: org.id, span, read, rules, places, outcome }),
    notices: await compareTold(database, {
      settings,
      orgId: org.id,
      span,
      read,
      rules: rules.map(({ id }) => id),
      places,
      now: outcome.now,
      changed: outcome.changed,
      mostAlerts: request.mostAlerts,
    }),
  };
}

interface Comparing {
  readonly orgId: number;
  readonly span: Span;
  readonly read: Span;
  readonly rules: readonly AskedRule[];
  readonly places: readonly ReplayPlace[];
  readonly outcome: Outcome;
}

/** Alerts that fire inside the span beside those that did, as far as what they are about can still be tried. */
async function compareAlerts(
  database: Database,
  { orgId, span, read, rules, places, outcome }: Comparing,
): Promise<(ReplayedRule & ReplayedOn)[]> {
  const names = new Map(places.map((place) => [subjectKey(place), place.id]));
  const nameOf = (key: string): string => names.get(key) ?? key;
  const replayed: (ReplayedRule & ReplayedOn)[] = [];
  for (const { id, basis } of rules) {
    const all = await readStoredAlerts(database, orgId, id, read);
    const stored = all.filter(({ subject }) => names.has(subject));
    const inside = firedInside(stored, span);
    const sent = await countSent(
      database,
      orgId,
      inside.map((alert) => alert.id),
    );
    const of = (side: 'now' | 'changed') => outcome[side].fired.filter(({ rule }) => rule === id);
    const figures = compared({ id, span, now: of('now'), changed: of('changed'), stored, sent, nameOf });
    const placeless = firedInside(all, span).length - inside.length;
    replayed.push({ ...figures, basis, notes: [...notesOf(id, basis, { outcome, read }), ...notesOfPlaceless(placeless)] });
  }
  return replayed;
}

const notesOfPlaceless = (alerts: number): string[] =>
  alerts === 0 ? [] : [`Left out: alerts of sites and circuits that are no longer there or disabled (${String(alerts)}).`];

function askedRule(id: AlertRuleId, { changed }: Sides): AskedRule {
  const triable = triableOf(id, changed.book);
  if ('basis' in triable) return { id, basis: triable.basis };
  throw new PermanentError(REPLAY_NOT_STORED, `The rule ${id} cannot be tried on the past: ${triable.whyNot}.`);
}

const isAsked = (place: ReplayPlace, { id, basis }: AskedRule, { now, changed }: Sides): boolean =>
  [now, changed].some(({ book }) => isAbout(id, basis, place, book));

interface AskedPlaces {
  readonly rule: AskedRule;
  readonly places: readonly ReplayPlace[];
}

/** Each rule goes through the time of each of its places. */
function refuseTooMuch(asked: readonly AskedPlaces[], hours: number, mostHours: number): void {
  const weightOf = ({ rule: { basis } }: AskedPlaces): number => (basis === 'polls' ? POLLS_WEIGH : 1);
  const work = asked.reduce((sum, each) => sum + each.places.length * hours * weightOf(each), 0);
  if (work <= mostHours) return;
  const places = new Set(asked.flatMap((each) => each.places)).size;
  const counts = `${String(places)} circuits and sites over ${String(hours)} hours, tried with ${String(asked.length)} rules,`;
  throw new PermanentError(REPLAY_TOO_LARGE, `${counts} are too much to replay at once; ask for less time, or for fewer rules.`);
}

interface Replaying {
  readonly orgId: number;
  readonly asked: readonly ReplayPlace[];
  /** All that there are. */
  readonly places: readonly ReplayPlace[];
  readonly rules: readonly AskedRule[];
  readonly sides: Sides;
  readonly read: Span;
}

async function replayPlaces(database: Database, { orgId, asked, places, rules, sides, read }: Replaying): Promise<Outcome> {
  const bases = new Set(rules.map(({ basis }) => basis));
  const rowsOfPlace = Math.max(...rules.map(({ basis }) => ROWS_AN_HOUR[basis])) * ((read.to - read.from) / HOUR_MS);
  const chunk = Math.max(1, Math.floor(CHUNK_ROWS / rowsOfPlace));
  const circuitsOf = liveCircuitsBySite(places);
  const none = (): SideOutcome => ({ fired: [], unfired: [] });
  const outcome: Outcome = { now: none(), changed: none(), pollsSince: Infinity };
  let judged = 0;
  for (let from = 0; from < asked.length; from += chunk) {
    const part = await load(database, { orgId, span: read, bases, circuitsOf }, asked.slice(from, from + chunk));
    for (const loaded of part) {
      outcome.pollsSince = Math.min(outcome.pollsSince, pollsSince(loaded));
      for (const side of ['now', 'changed'] as const)
        for (const rule of rules) {
          const { fired, unfired } = replayPlace(loaded, { ...rule, side: sides[side], read });
          outcome[side].fired.push(...fired);
          // Only a site that may be down concerns anything else before it fires.
          if (rule.id === 'site-down') outcome[side].unfired.push(...unfired);
          judged += Math.max(rowsOfPlace, LEAST_ROWS);
          if (judged < TURN_ROWS) continue;
          judged = 0;
          await nextTurn();
        }
    }
  }
  return outcome;
}

function liveCircuitsBySite(places: readonly ReplayPlace[]): Map<number, ReplayPlace[]> {
  const bySite = new Map<number, ReplayPlace[]>();
  for (const place of places) {
    if (place.circuitId === null || !place.isLive) continue;
    const circuits = bySite.get(place.siteId) ?? [];
    bySite.set(place.siteId, circuits);
    circuits.push(place);
  }
  return bySite;
}

const UNSEEN = 'What fell and rose between two polls without an event is not stored.';

/** What the reader should know before believing the figures. */
function notesOf(id: AlertRuleId, basis: ReplayBasis, { outcome, read }: Pick<Comparing, 'outcome' | 'read'>): string[] {
  switch (basis) {
    case 'hours':
      return [];
    case 'states':
      return id === 'flapping' ? [UNSEEN, 'Changes that only the port itself counted are not among these.'] : [UNSEEN];
    case 'reachability':
      return [UNSEEN];
    case 'failovers':
      return ['Each ends with its first good poll; live it is told with the second. Polls in between are not counted.'];
    case 'polls':
      return notesOfPolls(outcome.pollsSince, read);
  }
}

function notesOfPolls(since: EpochMs, read: Span): string[] {
  if (since <= read.from + HOUR_MS) return [];
  return Number.isFinite(since)
    ? [`Before ${new Date(since).toISOString()} only hours are stored: each counts as one poll.`]
    : ['Of this time only hours are stored: each counts as one poll.'];
}
