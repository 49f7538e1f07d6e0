import { HOUR_MS, JUDGED_HOURS, type AlertRuleId, type EpochMs, type ReplayedAlert, type Span } from '@app/domain';
import { PermanentError, type Database, type Settings } from '@app/shared';
import { basisOf, isAbout, load, pollsSince, replayPlace, ROWS_AN_HOUR, subjectKey, type ReplayBasis } from './basis.js';
import { sidesOf, type RuleChanges, type Sides } from './changes.js';
import { compared, type ReplayedRule } from './compare.js';
import { countSent, readPlaces, readStoredAlerts, type ReplayPlace } from './replay.repository.js';

export interface ReplayRequest {
  readonly settings: Settings;
  readonly org: { readonly id: number; readonly externalId: string };
  /** Whole hours. */
  readonly span: Span;
  readonly changes: RuleChanges;
  /** Circuits and sites times hours; more are refused. */
  readonly mostHours: number;
}

export interface ReplayResult {
  readonly hours: number;
  readonly circuits: number;
  readonly sites: number;
  readonly rules: readonly (ReplayedRule & ReplayedOn)[];
}

/** What a rule was tried on, and what that leaves out. */
export interface ReplayedOn {
  readonly basis: ReplayBasis;
  readonly notes: readonly string[];
}

/** Rows held in memory at once. */
const CHUNK_ROWS = 100_000;
/** Polls are ten times the work of hours. */
const POLLS_WEIGH = 10;

/** Code of a replay that asks for too much. */
export const REPLAY_TOO_LARGE = 'REPLAY_TOO_LARGE';
/** Code of a change of a rule about which nothing is stored. */
export const REPLAY_NOT_STORED = 'REPLAY_NOT_STORED';

interface AskedRule {
  readonly id: AlertRuleId;
  readonly basis: ReplayBasis;
}

interface Outcome {
  readonly now: ReplayedAlert[];
  readonly changed: ReplayedAlert[];
  pollsSince: EpochMs;
}

/** What changed rules would have told of what is stored, compared with the rules as they are and with the alerts there were. */
export async function replayRules(database: Database, request: ReplayRequest): Promise<ReplayResult> {
  const { settings, org, span, changes } = request;
  const sides = sidesOf(settings, changes);
  const rules = sides.ids.map((id) => askedRule(id, sides));
  if (rules.length === 0) throw new PermanentError(REPLAY_NOT_STORED, 'No rule goes by these thresholds.');
  const places = await readPlaces(database, { orgId: org.id, externalOrgId: org.externalId, at: span.to });
  const asked = places.filter((place) => rules.some((rule) => isAsked(place, rule, sides)));
  // A day before: so long ago may an alert have begun that the first hour still knows of.
  const read = { from: span.from - JUDGED_HOURS * HOUR_MS, to: span.to };
  refuseTooMuch(asked.length, (read.to - read.from) / HOUR_MS, rules, request.mostHours);
  const outcome = await replayPlaces(database, { orgId: org.id, asked, rules, sides, span, read });
  const names = new Map(places.map((place) => [subjectKey(place), place.id]));
  const replayed: (ReplayedRule & ReplayedOn)[] = [];
  for (const { id, basis } of rules) {
    const stored = await readStoredAlerts(database, org.id, id, span);
    const alertIds = stored.map((alert) => alert.id);
    const sent = await countSent(database, org.id, alertIds);
    const of = (side: 'now' | 'changed') => outcome[side].filter(({ rule }) => rule === id);
    const nameOf = (key: string): string => names.get(key) ?? key;
    const figures = compared({ id, now: of('now'), changed: of('changed'), stored, sent, nameOf });
    replayed.push({ ...figures, basis, notes: notesOf(basis, outcome, read) });
  }
  return {
    hours: (span.to - span.from) / HOUR_MS,
    circuits: asked.filter(({ circuitId }) => circuitId !== null).length,
    sites: asked.filter(({ circuitId }) => circuitId === null).length,
    rules: replayed,
  };
}

function askedRule(id: AlertRuleId, { changed }: Sides): AskedRule {
  const basis = basisOf(id, changed.book);
  if (basis !== null) return { id, basis };
  throw new PermanentError(REPLAY_NOT_STORED, `Of what ${id} looks at nothing is stored, so there is nothing to try it on.`);
}

const isAsked = (place: ReplayPlace, { id, basis }: AskedRule, { now, changed }: Sides): boolean =>
  [now, changed].some(({ book }) => isAbout(id, basis, place, book));

function refuseTooMuch(places: number, hours: number, rules: readonly AskedRule[], mostHours: number): void {
  const weight = rules.some(({ basis }) => basis === 'polls') ? POLLS_WEIGH : 1;
  if (places * hours * weight <= mostHours) return;
  throw new PermanentError(
    REPLAY_TOO_LARGE,
    `${String(places)} circuits and sites over ${String(hours)} hours are too much to replay at once.`,
  );
}

interface Replaying {
  readonly orgId: number;
  readonly asked: readonly ReplayPlace[];
  readonly rules: readonly AskedRule[];
  readonly sides: Sides;
  readonly span: Span;
  readonly read: Span;
}

async function replayPlaces(database: Database, { orgId, asked, rules, sides, span, read }: Replaying): Promise<Outcome> {
  const bases = new Set(rules.map(({ basis }) => basis));
  const rowsOfPlace = Math.max(...rules.map(({ basis }) => ROWS_AN_HOUR[basis])) * ((read.to - read.from) / HOUR_MS);
  const chunk = Math.max(1, Math.floor(CHUNK_ROWS / rowsOfPlace));
  const outcome: Outcome = { now: [], changed: [], pollsSince: Infinity };
  for (let from = 0; from < asked.length; from += chunk) {
    const part = await load(database, { orgId, span: read, bases }, asked.slice(from, from + chunk));
    for (const loaded of part) {
      outcome.pollsSince = Math.min(outcome.pollsSince, pollsSince(loaded));
      for (const side of ['now', 'changed'] as const)
        for (const rule of rules) {
          const alerts = replayPlace(loaded, { ...rule, side: sides[side], read });
          outcome[side].push(...alerts.filter(({ firedAt }) => firedAt >= span.from && firedAt < span.to));
        }
    }
  }
  return outcome;
}

/** What the reader should know before believing the figures. */
function notesOf(basis: ReplayBasis, outcome: Outcome, read: Span): string[] {
  if (basis === 'states') return ['What fell and rose between two polls without an event is not stored.'];
  if (basis === 'hours' || outcome.pollsSince <= read.from + HOUR_MS) return [];
  return Number.isFinite(outcome.pollsSince)
    ? [`Before ${new Date(outcome.pollsSince).toISOString()} only hours are stored: each counts as one poll.`]
    : ['Of this time only hours are stored: each counts as one poll.'];
}
