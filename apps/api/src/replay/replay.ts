import {
  circuitSeries,
  HOUR_MS,
  isKpiId,
  isSleMetric,
  JUDGED_HOURS,
  replayHours,
  SLE_METRICS,
  type AlertRuleId,
  type AlertSubject,
  type EpochMs,
  type HourSeries,
  type ReplayedAlert,
  type RuleBook,
  type RuleDefinition,
  type RuledHour,
  type RuleInForce,
  type Span,
  type ThresholdMetric,
} from '@app/domain';
import { PermanentError, ruleBookOf, thresholdsOf, type Database, type Settings } from '@app/shared';
import { compared, type ReplayedRule } from './compare.js';
import { countSent, readCircuitHours, readPlaces, readScores, readStoredAlerts, type ReplayPlace } from './replay.repository.js';

export interface ReplayRequest {
  readonly settings: Settings;
  readonly org: { readonly id: number; readonly externalId: string };
  /** Whole hours. */
  readonly span: Span;
  /** Entries as in the section `rules` of the configuration, put after those that are there. */
  readonly changes: readonly RuleDefinition[];
  /** Circuits and sites times hours; more are refused. */
  readonly mostHours: number;
}

export interface ReplayResult {
  readonly hours: number;
  readonly circuits: number;
  readonly sites: number;
  readonly rules: readonly ReplayedRule[];
}

/** Rows held in memory at once. */
const CHUNK_ROWS = 100_000;

/** Code of a replay that asks for too much. */
export const REPLAY_TOO_LARGE = 'REPLAY_TOO_LARGE';
/** Code of a change of a rule that is not about hours. */
export const REPLAY_NOT_HOURLY = 'REPLAY_NOT_HOURLY';

/** What changed rules would have told over stored hours, compared with the rules as they are and with the alerts there were. */
export async function replayRules(database: Database, request: ReplayRequest): Promise<ReplayResult> {
  const { settings, org, span, changes } = request;
  const books = { now: ruleBookOf(settings), changed: ruleBookOf({ ...settings, rules: [...settings.rules, ...changes] }) };
  const ids = [...new Set(changes.map(({ id }) => id))];
  for (const id of ids) refuseOthers(id, books.changed);
  const places = await readPlaces(database, { orgId: org.id, externalOrgId: org.externalId, at: span.to });
  // A day before: so long ago may an alert have begun that the first hour still knows of.
  const read = { from: span.from - JUDGED_HOURS * HOUR_MS, to: span.to };
  const asked = places.filter((place) => isAsked(place, ids, books));
  const hours = (read.to - read.from) / HOUR_MS;
  if (asked.length * hours > request.mostHours)
    throw new PermanentError(
      REPLAY_TOO_LARGE,
      `${asked.length} circuits and sites over ${hours} hours are too much to replay at once.`,
    );
  const alerts = { now: [] as ReplayedAlert[], changed: [] as ReplayedAlert[] };
  const chunk = Math.max(1, Math.floor(CHUNK_ROWS / hours));
  for (let from = 0; from < asked.length; from += chunk) {
    const part = await loadSeries(database, { orgId: org.id, span: read }, asked.slice(from, from + chunk));
    for (const side of ['now', 'changed'] as const)
      for (const id of ids)
        alerts[side].push(...part.flatMap((each) => replayed(each, { settings, id, book: books[side], span, read })));
  }
  const names = new Map(places.map((place) => [subjectKey(place), place.id]));
  const rules: ReplayedRule[] = [];
  for (const id of ids) {
    const stored = await readStoredAlerts(database, org.id, id, span);
    const sent = await countSent(
      database,
      org.id,
      stored.map((alert) => alert.id),
    );
    const of = (side: 'now' | 'changed') => alerts[side].filter(({ rule }) => rule === id);
    rules.push(compared({ id, now: of('now'), changed: of('changed'), stored, sent, nameOf: (key) => names.get(key) ?? key }));
  }
  return {
    hours: (span.to - span.from) / HOUR_MS,
    circuits: asked.filter(({ circuitId }) => circuitId !== null).length,
    sites: asked.filter(({ circuitId }) => circuitId === null).length,
    rules,
  };
}

const isHourly = (metric: string): boolean => isKpiId(metric) || isSleMetric(metric);

function refuseOthers(id: AlertRuleId, book: RuleBook): void {
  const { metrics } = book.of(id, null);
  const own = book.definitionsOf(id).flatMap(({ metric }) => metric ?? []);
  if (![...metrics, ...own].some(isHourly))
    throw new PermanentError(REPLAY_NOT_HOURLY, `${id} is not judged by the hour, so there is nothing stored to try it on.`);
}

function isAsked(place: ReplayPlace, ids: readonly AlertRuleId[], books: { now: RuleBook; changed: RuleBook }): boolean {
  return ids.some((id) => [books.now, books.changed].some((book) => metricsAt(ruleAt(book, id, place), place).length > 0));
}

const ruleAt = (book: RuleBook, id: AlertRuleId, place: ReplayPlace): RuleInForce => book.of(id, askedOf(id, place));

/** Circuits have KPIs, sites have service levels. */
const metricsAt = (rule: RuleInForce, { circuitId }: ReplayPlace): ThresholdMetric[] =>
  rule.isEnabled
    ? rule.metrics.filter((metric): metric is ThresholdMetric => (circuitId === null ? isSleMetric(metric) : isKpiId(metric)))
    : [];

function askedOf(rule: AlertRuleId, { subject, id, circuitId, provider }: ReplayPlace): AlertSubject {
  const { orgId: org, siteId: site, region, storeType } = subject;
  const circuits = circuitId === null ? [] : [id, `${subject.mac ?? ''}/${subject.portId ?? ''}`];
  const providers = provider === null ? [] : [provider];
  return { rule, severity: 'unknown', org, site, region, storeType, circuits, providers, metrics: [] };
}

interface Loaded {
  readonly place: ReplayPlace;
  readonly hours: readonly RuledHour[];
  readonly scores: ReadonlyMap<string, ReadonlyMap<EpochMs, number | null>>;
}

const SLE_IDS = SLE_METRICS.map(({ id }) => id);

async function loadSeries(
  database: Database,
  { orgId, span }: { orgId: number; span: Span },
  places: readonly ReplayPlace[],
): Promise<Loaded[]> {
  const circuitIds = places.flatMap(({ circuitId }) => circuitId ?? []);
  const siteIds = places.flatMap(({ siteId, circuitId }) => (circuitId === null ? [siteId] : []));
  const hours =
    circuitIds.length === 0 ? new Map<number, RuledHour[]>() : await readCircuitHours(database, orgId, { circuitIds, span });
  const scores =
    siteIds.length === 0
      ? new Map<number, Loaded['scores']>()
      : await readScores(database, orgId, { siteIds, metrics: SLE_IDS, span });
  return places.map((place) => ({
    place,
    hours: place.circuitId === null ? [] : (hours.get(place.circuitId) ?? []),
    scores: place.circuitId === null ? (scores.get(place.siteId) ?? new Map()) : new Map(),
  }));
}

interface Side {
  readonly settings: Settings;
  readonly id: AlertRuleId;
  readonly book: RuleBook;
  readonly span: Span;
  readonly read: Span;
}

const subjectKey = ({ circuitId, siteId }: ReplayPlace): string =>
  circuitId === null ? `site:${String(siteId)}` : `circuit:${String(circuitId)}`;

/** The alerts of one rule about one subject that fired inside the period. */
function replayed({ place, hours, scores }: Loaded, { settings, id, book, span, read }: Side): ReplayedAlert[] {
  const rule = ruleAt(book, id, place);
  const metrics = metricsAt(rule, place);
  if (metrics.length === 0) return [];
  const series: HourSeries =
    place.circuitId === null
      ? new Map(metrics.map((metric) => [metric, scores.get(metric) ?? new Map<EpochMs, number>()]))
      : circuitSeries(hours, rule);
  const limits = (metric: ThresholdMetric) => thresholdsOf(settings, metric, place.subject);
  const all = Array.from({ length: (read.to - read.from) / HOUR_MS }, (_, i) => read.from + i * HOUR_MS);
  const alerts = replayHours({ rule, subject: subjectKey(place), series, thresholdsOf: limits }, all);
  return alerts.filter(({ firedAt }) => firedAt >= span.from && firedAt < span.to);
}
