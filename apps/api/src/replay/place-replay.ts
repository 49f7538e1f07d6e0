import {
  circuitSeries,
  failoverObservations,
  flappingObservations,
  HOUR_MS,
  hourObservations,
  replayLives,
  siteObservations,
  SLE_METRICS,
  slePollObservations,
  stateObservations,
  type AlertRuleId,
  type EpochMs,
  type KnownState,
  type PastFailover,
  type PastReachability,
  type ReplayedLives,
  type ReplayedObservation,
  type RuledHour,
  type RuleInForce,
  type SlePoll,
  type Span,
  type ThresholdMetric,
} from '@app/domain';
import { thresholdsOf, type Database } from '@app/shared';
import { isAbout, metricsAt, ruleAt, subjectKey, type ReplayBasis } from './bases.js';
import type { Side } from './changes.js';
import { readCircuitHours, readPolls, readScores, type HourlyScores, type ReplayPlace } from './replay.repository.js';
import { readConnections, readFailovers, readStates } from './states.repository.js';

/** What is stored of one place. */
export interface Loaded {
  readonly place: ReplayPlace;
  readonly hours: readonly RuledHour[];
  readonly scores: HourlyScores;
  readonly polls: readonly SlePoll[];
  readonly states: readonly KnownState[];
  readonly failovers: readonly PastFailover[];
  readonly reachability: PastReachability;
}

const SLE_IDS = SLE_METRICS.map(({ id }) => id);
const NOTHING = {
  hours: [],
  scores: new Map(),
  polls: [],
  states: [],
  failovers: [],
  reachability: { gateways: [], circuits: [] },
} as const satisfies Omit<Loaded, 'place'>;

interface Asked {
  readonly orgId: number;
  readonly span: Span;
  readonly bases: ReadonlySet<ReplayBasis>;
  /** Circuits of each site that say whether it can be reached. */
  readonly circuitsOf: ReadonlyMap<number, readonly ReplayPlace[]>;
}

export async function load(database: Database, asked: Asked, places: readonly ReplayPlace[]): Promise<Loaded[]> {
  const ofCircuits = await loadCircuits(
    database,
    asked,
    places.flatMap(({ circuitId }) => circuitId ?? []),
  );
  const ofSites = await loadSites(
    database,
    asked,
    places.flatMap(({ siteId, circuitId }) => (circuitId === null ? [siteId] : [])),
  );
  return places.map((place) => ({
    ...NOTHING,
    place,
    ...(place.circuitId === null ? ofSites(place.siteId) : ofCircuits(place.circuitId)),
  }));
}

async function loadCircuits(
  database: Database,
  { orgId, span, bases }: Asked,
  circuitIds: readonly number[],
): Promise<(circuitId: number) => Partial<Loaded>> {
  if (circuitIds.length === 0) return () => ({});
  const of = { circuitIds, span };
  const hours = bases.has('hours') ? await readCircuitHours(database, orgId, of) : null;
  const states = bases.has('states') ? await readStates(database, orgId, of) : null;
  const failovers = bases.has('failovers') ? await readFailovers(database, orgId, of) : null;
  return (id) => ({ hours: hours?.get(id) ?? [], states: states?.get(id) ?? [], failovers: failovers?.get(id) ?? [] });
}

async function loadSites(
  database: Database,
  { orgId, span, bases, circuitsOf }: Asked,
  siteIds: readonly number[],
): Promise<(siteId: number) => Partial<Loaded>> {
  if (siteIds.length === 0) return () => ({});
  const isScored = bases.has('hours') || bases.has('polls');
  const scores = isScored ? await readScores(database, orgId, { siteIds, metrics: SLE_IDS, span }) : null;
  const polls = bases.has('polls') ? await readPolls(database, orgId, { siteIds, span }) : null;
  const isReached = bases.has('reachability');
  const circuits = isReached ? siteIds.flatMap((id) => circuitsOf.get(id) ?? []) : [];
  const circuitIds = circuits.flatMap(({ circuitId }) => circuitId ?? []);
  const states = isReached ? await readStates(database, orgId, { circuitIds, span }) : null;
  const connections = isReached ? await readConnections(database, orgId, { siteIds, span }) : null;
  return (id) => ({
    scores: scores?.get(id) ?? new Map(),
    polls: polls?.get(id) ?? [],
    reachability: {
      gateways: connections?.get(id) ?? [],
      circuits: (circuitsOf.get(id) ?? []).map(({ circuitId, subject }) => ({
        mac: subject.mac,
        states: states?.get(circuitId ?? 0) ?? [],
      })),
    },
  });
}

interface AskedRule {
  readonly id: AlertRuleId;
  readonly basis: ReplayBasis;
  readonly side: Side;
  /** What is read; begins before what is asked for. */
  readonly read: Span;
}

const NEVER: ReplayedLives = { fired: [], unfired: [] };

/** The alerts of one rule about one place. */
export function replayPlace(loaded: Loaded, asked: AskedRule): ReplayedLives {
  const { id, basis, side, read } = asked;
  const { place } = loaded;
  if (!isAbout(id, basis, place, side.book)) return NEVER;
  const rule = ruleAt(side.book, id, place);
  const about = { rule, subject: subjectKey(place), isHourly: basis === 'hours' };
  // Hours end by counting, whatever time passes after the last.
  return replayLives(basis === 'hours' ? about : { ...about, end: read.to }, observationsOf(loaded, rule, asked));
}

function observationsOf(loaded: Loaded, rule: RuleInForce, { basis, side, read }: AskedRule): readonly ReplayedObservation[] {
  const { place, states, failovers, reachability } = loaded;
  const { settings } = side;
  const limits = (metric: ThresholdMetric) => thresholdsOf(settings, metric, place.subject);
  switch (basis) {
    case 'hours':
      return hourObservations(rule, seriesOf(loaded, rule), { hours: hoursOf(read), thresholdsOf: limits });
    case 'polls':
      return slePollObservations(rule, pollsOf(loaded), limits);
    case 'states':
      return rule.id === 'flapping'
        ? flappingObservations(rule, states, settings.alerts.flappingTransitions)
        : stateObservations(rule, states);
    case 'failovers':
      return failoverObservations(rule, failovers);
    case 'reachability':
      return siteObservations(rule, reachability);
  }
}

const hoursOf = ({ from, to }: Span): EpochMs[] => Array.from({ length: (to - from) / HOUR_MS }, (_, i) => from + i * HOUR_MS);

const seriesOf = ({ place, hours, scores }: Loaded, rule: RuleInForce) =>
  place.circuitId === null
    ? new Map(metricsAt(rule, place).map((metric) => [metric, scores.get(metric) ?? new Map<EpochMs, number>()]))
    : circuitSeries(hours, rule);

/** From when on the polls of a site are stored one by one; `Infinity` = none is. */
export const pollsSince = ({ polls }: Pick<Loaded, 'polls'>): EpochMs => polls[0]?.at ?? Infinity;

/** Where single polls are no longer stored, each hour counts as one. */
function pollsOf({ polls, scores }: Loaded): SlePoll[] {
  const since = pollsSince({ polls });
  const hourly = new Map<EpochMs, { metric: string; score: number | null; numClients: null }[]>();
  for (const [metric, byHour] of scores)
    for (const [hour, score] of byHour) {
      if (hour + HOUR_MS > since) continue;
      const list = hourly.get(hour) ?? [];
      hourly.set(hour, list);
      list.push({ metric, score, numClients: null });
    }
  const before = [...hourly].sort(([a], [b]) => a - b).map(([hour, of]) => ({ at: hour + HOUR_MS, scores: of }));
  return [...before, ...polls];
}
