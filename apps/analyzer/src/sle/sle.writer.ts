import { Inject, Injectable } from '@nestjs/common';
import {
  classifierTitle,
  hourOfReading,
  insightOf,
  isSleMetric,
  observationOfSle,
  resolveThresholds,
  scoreOf,
  sleMetricsOf,
  type EpochMs,
  type LayeredOverrides,
  type Observation,
  type SleMetric,
} from '@app/domain';
import type { SleDetailRecord, SleScoresRecord } from '@app/mist';
import { orgSubject, SETTINGS, thresholdLayers, type RawBatch, type Settings, type Transaction } from '@app/shared';
import { resolveSites } from '../inventory/inventory.repository.js';
import type { Incoming } from '../ingest/observed.js';
import { SleHistory, type HistoryOrg } from './sle-history.js';
import type { HourDetail } from './sle-history.repository.js';
import { currentSle, siteLayers, storeSle, storeSleDetail, type SiteLayer, type SleRow } from './sle.repository.js';

export interface SleScore {
  readonly siteId: number;
  readonly at: EpochMs;
  readonly numAps: number | null;
  readonly numClients: number | null;
  readonly windowFrom: EpochMs | null;
  readonly windowTo: EpochMs | null;
  /** Metric -> success ratio 0..1; null = no data. */
  readonly scores: ReadonlyMap<SleMetric, number | null>;
}

/** Scores become judgements (S2, S4), and the judgements of a site one answer to the SLE rule. */
@Injectable()
export class SleWriter {
  private readonly history: SleHistory;

  constructor(@Inject(SETTINGS) private readonly settings: Settings) {
    this.history = new SleHistory(settings);
  }

  /** A sweep over all sites: a metric that an answer leaves out has no data, which is a judgement too. */
  async scores(
    tx: Transaction,
    incoming: Incoming,
    family: 'wifi' | 'wan',
    records: readonly SleScoresRecord[],
  ): Promise<Observation[]> {
    const { org, batch } = incoming;
    const sites = await resolveSites(
      tx,
      org.id,
      records.map((record) => record.siteId),
    );
    const scores = records.map((record) => ({
      siteId: sites.get(record.siteId) ?? 0,
      at: dataTime(batch),
      numAps: record.numAps,
      numClients: record.numClients,
      windowFrom: numberIn(batch.context, 'windowFrom'),
      windowTo: numberIn(batch.context, 'windowTo'),
      scores: new Map(sleMetricsOf(family).map((metric) => [metric, record.scores[metric] ?? null])),
    }));
    await this.store(tx, { orgId: org.id, externalOrgId: batch.orgId }, scores, batch.observedAt);
    // What a backfill read says nothing of now: no alert counts it as a poll.
    if (dataTime(batch) !== batch.observedAt) return [];
    return this.observe(tx, org.id, [...new Set(scores.map((score) => score.siteId))], batch.observedAt);
  }

  /** Judges and stores scores; the same for live data and import. Returns how many rows were new or changed. */
  async store(
    tx: Transaction,
    org: { readonly orgId: number; readonly externalOrgId: string },
    scores: readonly SleScore[],
    receivedAt: EpochMs,
  ): Promise<number> {
    const layers = await siteLayers(tx, org.orgId, [...new Set(scores.map((score) => score.siteId))], receivedAt);
    const rows = scores.flatMap((score) => this.judge(org.externalOrgId, score, layers.get(score.siteId)));
    const changed = await storeSle(tx, org.orgId, rows, new Date(receivedAt));
    await this.history.takeReadings(tx, org, changed);
    return changed.length;
  }

  private judge(externalOrgId: string, score: SleScore, layer: SiteLayer | undefined): SleRow[] {
    const overrides = this.overridesOf(externalOrgId, layer);
    return [...score.scores].map(([metric, value]) => {
      const reading = { metric, at: score.at, score: value, numAps: score.numAps, numClients: score.numClients };
      const { title, severity, text } = insightOf(reading, resolveThresholds(metric, overrides));
      return { ...reading, siteId: score.siteId, title, severity, text, windowFrom: score.windowFrom, windowTo: score.windowTo };
    });
  }

  private overridesOf(externalOrgId: string, layer: SiteLayer | undefined): LayeredOverrides {
    const { region = null, storeType = null, externalId: siteId = null } = layer ?? {};
    return thresholdLayers(this.settings, { ...orgSubject(externalOrgId), siteId, region, storeType });
  }

  /** The alert looks at everything that is current of a site, whichever sweep it came from. */
  private async observe(tx: Transaction, orgId: number, siteIds: readonly number[], at: EpochMs): Promise<Observation[]> {
    const current = await currentSle(tx, orgId, siteIds);
    const bySite = new Map<number, typeof current>();
    for (const row of current) bySite.set(row.siteId, [...(bySite.get(row.siteId) ?? []), row]);
    return [...bySite].flatMap(([siteId, metrics]) => {
      const siteName = metrics[0]?.siteName;
      return siteName === undefined ? [] : [observationOfSle({ siteId, siteName, metrics, at })];
    });
  }

  async details(tx: Transaction, { org, batch }: Incoming, records: readonly SleDetailRecord[]): Promise<void> {
    const sites = await resolveSites(
      tx,
      org.id,
      records.map((record) => record.siteId),
    );
    const rows = records.map((record) => ({
      siteId: sites.get(record.siteId) ?? 0,
      at: batch.observedAt,
      record,
      score: scoreOf({ total: record.totalMinutes, degraded: record.degradedMinutes }),
      classifiers: classifiersOf(record),
    }));
    await storeSleDetail(tx, org.id, rows);
    const hours = rows.flatMap(({ siteId, at, record: { metric, hours: told } }) =>
      isSleMetric(metric) ? told.map((hour) => ({ siteId, metric, at, ...hour })) : [],
    );
    await this.storeHourDetails(tx, { orgId: org.id, externalOrgId: batch.orgId }, hours);
  }

  /** User-minutes of hours, as details tell them. */
  storeHourDetails(tx: Transaction, org: HistoryOrg, hours: readonly HourDetail[]): Promise<void> {
    return this.history.takeDetails(tx, org, hours);
  }
}

/** Of when the scores of a batch are: of the poll, unless it read a window of the past again. */
export const dataTime = ({ context, observedAt }: Pick<RawBatch, 'context' | 'observedAt'>): EpochMs =>
  numberIn(context, 'dataAt') ?? observedAt;

/** What is stored of a classifier: shares are computed from the sums of the same window, and no data stays null. */
export interface StoredClassifier {
  readonly name: string;
  readonly title: string;
  readonly degradedPct: number | null;
  readonly causePct: number | null;
  readonly numUsers: number | null;
  readonly numAps: number | null;
}

function classifiersOf(record: SleDetailRecord): StoredClassifier[] {
  return record.classifiers.map(({ name, totalMinutes, degradedMinutes, impact }) => {
    const isKnown = totalMinutes > 0;
    return {
      name,
      title: classifierTitle(name),
      degradedPct: isKnown ? (degradedMinutes / totalMinutes) * 100 : null,
      causePct: isKnown && record.degradedMinutes > 0 ? (degradedMinutes / record.degradedMinutes) * 100 : null,
      numUsers: isKnown ? (impact?.numUsers ?? null) : null,
      numAps: isKnown ? (impact?.numAps ?? null) : null,
    };
  });
}

/** The hour that the scores of a sweep are about. */
export const hourOfScores = ({ observedAt, context }: RawBatch): EpochMs =>
  hourOfReading({ at: observedAt, windowFrom: numberIn(context, 'windowFrom'), windowTo: numberIn(context, 'windowTo') });

/** The hours that details tell of. */
export const hoursOfDetails = (records: readonly SleDetailRecord[]): EpochMs[] =>
  records.flatMap(({ hours }) => hours.map(({ hour }) => hour));

const numberIn = (context: Readonly<Record<string, string | number | null>> | undefined, name: string): number | null => {
  const value = context?.[name];
  return typeof value === 'number' ? value : null;
};

/** Whether a name in an import means a metric we judge. */
export const knownMetric = (name: string): SleMetric | null => (isSleMetric(name) ? name : null);
