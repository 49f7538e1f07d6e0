import {
  circuitSeries,
  HOUR_MS,
  isKpiId,
  isSleMetric,
  replayHours,
  replayObservations,
  SLE_METRICS,
  slePollObservations,
  stateObservations,
  type AlertRuleId,
  type AlertSubject,
  type EpochMs,
  type KnownState,
  type ReplayedAlert,
  type RuleBook,
  type RuledHour,
  type RuleInForce,
  type SlePoll,
  type Span,
  type ThresholdMetric,
} from '@app/domain';
import { thresholdsOf, type Database } from '@app/shared';
import type { Side } from './changes.js';
import { readCircuitHours, readPolls, readScores, readStates, type HourlyScores, type ReplayPlace } from './replay.repository.js';

/** What is stored of what a rule looks at: closed hours, polls of service levels (hours before them), states of circuits. */
export type ReplayBasis = 'hours' | 'polls' | 'states';

const isHourly = (metric: string): boolean => isKpiId(metric) || isSleMetric(metric);

/** `null` = nothing is stored that the rule could be tried on. */
export function basisOf(id: AlertRuleId, book: RuleBook): ReplayBasis | null {
  if (id === 'sle') return 'polls';
  if (id === 'circuit-down') return 'states';
  const metrics = [...book.metricsOf(id)];
  return metrics.some(isHourly) ? 'hours' : null;
}

/** Rows an hour that a place costs: ten service levels in four polls, or one. */
export const ROWS_AN_HOUR: Readonly<Record<ReplayBasis, number>> = { hours: 1, polls: 40, states: 0.1 };

export const subjectKey = ({ circuitId, siteId }: ReplayPlace): string =>
  circuitId === null ? `site:${String(siteId)}` : `circuit:${String(circuitId)}`;

const ruleAt = (book: RuleBook, id: AlertRuleId, place: ReplayPlace): RuleInForce => book.of(id, askedOf(id, place));

function askedOf(rule: AlertRuleId, { subject, id, circuitId, provider }: ReplayPlace): AlertSubject {
  const { orgId: org, siteId: site, region, storeType } = subject;
  const circuits = circuitId === null ? [] : [id, `${subject.mac ?? ''}/${subject.portId ?? ''}`];
  const providers = provider === null ? [] : [provider];
  return { rule, severity: 'unknown', org, site, region, storeType, circuits, providers, metrics: [] };
}

/** Circuits have KPIs, sites have service levels. */
const metricsAt = (rule: RuleInForce, { circuitId }: ReplayPlace): ThresholdMetric[] =>
  rule.metrics.filter((metric): metric is ThresholdMetric => (circuitId === null ? isSleMetric(metric) : isKpiId(metric)));

/** Whether a rule, as it is or as it would be, is about this place. */
export function isAbout(id: AlertRuleId, basis: ReplayBasis, place: ReplayPlace, book: RuleBook): boolean {
  const rule = ruleAt(book, id, place);
  if (!rule.isEnabled) return false;
  if (basis === 'hours') return metricsAt(rule, place).length > 0;
  return basis === 'polls' ? place.circuitId === null : place.circuitId !== null;
}

/** What is stored of one place. */
export interface Loaded {
  readonly place: ReplayPlace;
  readonly hours: readonly RuledHour[];
  readonly scores: HourlyScores;
  readonly polls: readonly SlePoll[];
  readonly states: readonly KnownState[];
}

const SLE_IDS = SLE_METRICS.map(({ id }) => id);

export async function load(
  database: Database,
  { orgId, span, bases }: { readonly orgId: number; readonly span: Span; readonly bases: ReadonlySet<ReplayBasis> },
  places: readonly ReplayPlace[],
): Promise<Loaded[]> {
  const circuitIds = places.flatMap(({ circuitId }) => circuitId ?? []);
  const siteIds = places.flatMap(({ siteId, circuitId }) => (circuitId === null ? [siteId] : []));
  const asks = (isAsked: boolean, ids: readonly number[]): boolean => isAsked && ids.length > 0;
  const isScored = bases.has('hours') || bases.has('polls');
  const hours = asks(bases.has('hours'), circuitIds) ? await readCircuitHours(database, orgId, { circuitIds, span }) : null;
  const states = asks(bases.has('states'), circuitIds) ? await readStates(database, orgId, { circuitIds, span }) : null;
  const scores = asks(isScored, siteIds) ? await readScores(database, orgId, { siteIds, metrics: SLE_IDS, span }) : null;
  const polls = asks(bases.has('polls'), siteIds) ? await readPolls(database, orgId, { siteIds, span }) : null;
  return places.map((place) => {
    const { circuitId, siteId } = place;
    return circuitId === null
      ? { place, hours: [], states: [], scores: scores?.get(siteId) ?? new Map(), polls: polls?.get(siteId) ?? [] }
      : { place, hours: hours?.get(circuitId) ?? [], states: states?.get(circuitId) ?? [], scores: new Map(), polls: [] };
  });
}

interface Asked {
  readonly id: AlertRuleId;
  readonly basis: ReplayBasis;
  readonly side: Side;
  /** What is read; begins before what is asked for. */
  readonly read: Span;
}

/** The alerts of one rule about one place. */
export function replayPlace(loaded: Loaded, { id, basis, side: { book, settings }, read }: Asked): ReplayedAlert[] {
  const { place } = loaded;
  if (!isAbout(id, basis, place, book)) return [];
  const rule = ruleAt(book, id, place);
  const limits = (metric: ThresholdMetric) => thresholdsOf(settings, metric, place.subject);
  const about = { rule, subject: subjectKey(place) };
  switch (basis) {
    case 'hours':
      return replayHours({ ...about, series: seriesOf(loaded, rule), thresholdsOf: limits }, hoursOf(read));
    case 'polls': {
      const observations = slePollObservations(rule, pollsOf(loaded), limits);
      return replayObservations({ ...about, isHourly: false, end: read.to }, observations);
    }
    case 'states':
      return replayObservations({ ...about, isHourly: false, end: read.to }, stateObservations(rule, loaded.states));
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
