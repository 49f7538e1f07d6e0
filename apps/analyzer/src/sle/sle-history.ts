import {
  bucketFinder,
  healthScore,
  hourOfReading,
  isExactReading,
  isSleMetric,
  isUsableDetail,
  judgeSle,
  resolveThresholds,
  SLE_METRICS,
  type HealthPart,
  type SleMetric,
} from '@app/domain';
import { orgSubject, thresholdLayers, type Settings, type Transaction } from '@app/shared';
import { foldHealthDays, layersAt, scoresOf, storeHealthHours, type LayerAt, type SiteHour } from './health.repository.js';
import {
  foldSleDays,
  historyZone,
  lockSleHistory,
  offerDetails,
  offerReadings,
  readingsAround,
  withdrawReadings,
  type HourDetail,
  type HourReading,
  type SleDayKey,
  type SleHourKey,
  type StoredReading,
} from './sle-history.repository.js';

export interface HistoryOrg {
  readonly orgId: number;
  readonly externalOrgId: string;
}

const METRICS: readonly SleMetric[] = SLE_METRICS.map(({ id }) => id);

/** Service levels and health of sites by hour and local day, made in the transaction that brings the readings: nothing waits for a job. */
export class SleHistory {
  constructor(private readonly settings: Pick<Settings, 'thresholds' | 'orgs' | 'health'>) {}

  /** Readings that are new or changed: they change the hours they are about, and the days and the health of these. */
  async takeReadings(tx: Transaction, org: HistoryOrg, readings: readonly StoredReading[]): Promise<void> {
    if (readings.length === 0) return;
    await lockSleHistory(tx, org.orgId);
    const told = readings.flatMap(hourReading);
    const silent = readings
      .filter((reading) => hourReading(reading).length === 0)
      .map((reading) => ({ ...keyOf(reading), at: reading.at }));
    const changed = await offerReadings(tx, org.orgId, told);
    const withdrawn = await withdrawReadings(tx, org.orgId, silent);
    await offerReadings(tx, org.orgId, await this.stillTold(tx, org.orgId, withdrawn));
    await this.refold(tx, org, [...changed, ...withdrawn]);
  }

  /** What other readings say of hours whose reading was corrected to say nothing. */
  private async stillTold(tx: Transaction, orgId: number, hours: readonly SleHourKey[]): Promise<HourReading[]> {
    const wanted = new Set(hours.map(textOf));
    return (await readingsAround(tx, orgId, hours)).flatMap(hourReading).filter((reading) => wanted.has(textOf(reading)));
  }

  /** User-minutes of hours, from the detail of a service level. */
  async takeDetails(tx: Transaction, org: HistoryOrg, details: readonly HourDetail[]): Promise<void> {
    const usable = details.filter(isUsableDetail);
    if (usable.length === 0) return;
    await lockSleHistory(tx, org.orgId);
    await this.refold(tx, org, await offerDetails(tx, org.orgId, usable));
  }

  private async refold(tx: Transaction, org: HistoryOrg, keys: readonly SleHourKey[]): Promise<void> {
    if (keys.length === 0) return;
    const dayOf = bucketFinder('day', await historyZone(tx, org.orgId));
    const hours = [...new Map(keys.map(({ siteId, hour }) => [`${siteId} ${hour}`, { siteId, hour }])).values()].sort(byHour);
    const days = new Map<string, SleDayKey>();
    for (const { siteId, metric, hour } of [...keys].sort(byHour)) {
      const { from, to } = dayOf(hour);
      days.set(`${siteId} ${metric} ${from}`, { siteId, metric, from, to });
    }
    await foldSleDays(tx, org.orgId, [...days.values()]);
    await storeHealthHours(tx, org.orgId, await this.healthOf(tx, org, hours));
    const healthDays = new Map([...days.values()].map((day) => [`${day.siteId} ${day.from}`, day]));
    await foldHealthDays(tx, org.orgId, [...healthDays.values()]);
  }

  private async healthOf(
    tx: Transaction,
    org: HistoryOrg,
    hours: readonly SiteHour[],
  ): Promise<(SiteHour & { score: number | null })[]> {
    const scores = new Map<string, number>();
    for (const { siteId, hour, metric, score } of await scoresOf(tx, org.orgId, hours, METRICS))
      scores.set(`${siteId} ${hour} ${metric}`, score);
    return (await layersAt(tx, org.orgId, hours)).map(({ siteId, hour, layer }) => ({
      siteId,
      hour,
      score: healthScore(this.partsOf(org, layer, (metric) => scores.get(`${siteId} ${hour} ${metric}`) ?? null)),
    }));
  }

  private partsOf(
    { externalOrgId }: HistoryOrg,
    { externalId: siteId, region, storeType }: LayerAt['layer'],
    scoreOf: (metric: SleMetric) => number | null,
  ): HealthPart[] {
    const overrides = thresholdLayers(this.settings, { ...orgSubject(externalOrgId), siteId, region, storeType });
    return METRICS.map((metric) => ({
      metric,
      score: scoreOf(metric),
      thresholds: resolveThresholds(metric, overrides),
      weight: this.settings.health.weights[metric] ?? 1,
    }));
  }
}

const keyOf = (reading: StoredReading): SleHourKey => ({
  siteId: reading.siteId,
  metric: reading.metric,
  hour: hourOfReading(reading),
});
const textOf = ({ siteId, metric, hour }: SleHourKey): string => `${siteId} ${metric} ${hour}`;
const byHour = (a: SiteHour, b: SiteHour): number => a.siteId - b.siteId || a.hour - b.hour;

/** What a reading says of its hour: nothing without a score, nor where no client was there that it could speak of. */
function hourReading(reading: StoredReading): HourReading[] {
  const { metric, numAps, numClients, at } = reading;
  if (!isSleMetric(metric)) return [];
  const { score } = judgeSle({ metric, score: reading.score, numClients });
  return score === null ? [] : [{ ...keyOf(reading), at, score, isExact: isExactReading(reading), numAps, numClients }];
}
