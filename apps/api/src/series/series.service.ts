import { Inject, Injectable } from '@nestjs/common';
import { HOUR_MS, hourOf, trailingHours, UNASSIGNED_REGION, type HourFact, type Span } from '@app/domain';
import { circuitThresholds, SETTINGS, type Settings } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { CircuitsRepository, type CircuitRow } from '../circuits/circuits.repository.js';
import { chooseBuckets, type GrainChoice } from './grain.js';
import { pointJson, thresholdsJson, type ExtraThresholds, type PointGroup, type PointOptions } from './point.js';

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly grain: GrainChoice;
  readonly metrics: ReadonlySet<PointGroup>;
  readonly extra: ExtraThresholds;
}

interface AskedWindows extends Pick<Asked, 'metrics' | 'extra'> {
  readonly end: number;
  readonly hours: readonly number[];
}

const firstWholeHour = (at: number): number => hourOf(at + HOUR_MS - 1);

@Injectable()
export class SeriesService {
  constructor(
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** The points of a period; a bucket without facts is there, with nulls. The first and last are cut to the whole hours asked for. */
  async series(scope: OrgScope, circuit: CircuitRow, asked: Asked) {
    const period = { from: firstWholeHour(asked.from), to: firstWholeHour(asked.to) };
    const { grain, buckets } = chooseBuckets({ ...period, grain: asked.grain, zone: circuit.reporting_timezone });
    const facts = await this.circuits.hours(scope, circuit.key, period);
    const options = this.optionsOf(scope, circuit, asked);
    const points = splitByBucket(facts, buckets).map(({ bucket, facts: own }) =>
      pointJson(own, { from: Math.max(bucket.from, period.from), to: Math.min(bucket.to, period.to) }, options),
    );
    return { grain, thresholds: thresholdsJson(options), points };
  }

  /** The N whole hours before an explicit end, for each N. */
  async windows(scope: OrgScope, circuit: CircuitRow, asked: AskedWindows) {
    const spans = asked.hours.map((hours) => trailingHours(asked.end, hours));
    const facts = await this.circuits.hours(scope, circuit.key, {
      from: Math.min(...spans.map(({ from }) => from)),
      to: hourOf(asked.end),
    });
    const options = this.optionsOf(scope, circuit, asked);
    const windows = spans.map((span) =>
      pointJson(
        facts.filter(({ hour }) => span.from <= hour && hour < span.to),
        span,
        options,
      ),
    );
    return { thresholds: thresholdsJson(options), windows };
  }

  private optionsOf(scope: OrgScope, circuit: CircuitRow, { metrics, extra }: Pick<Asked, 'metrics' | 'extra'>): PointOptions {
    const thresholds = circuitThresholds(this.settings, {
      orgId: scope.externalId,
      siteId: circuit.site_id,
      region: circuit.region ?? circuit.country_code ?? UNASSIGNED_REGION,
      storeType: circuit.store_type,
      mac: circuit.mac,
      portId: circuit.port_id,
    });
    return { thresholds, extra, metrics };
  }
}

/** Facts to the bucket in which their hour starts; both ascend, so one pass is enough. */
function splitByBucket(facts: readonly HourFact[], buckets: readonly Span[]): { bucket: Span; facts: HourFact[] }[] {
  let next = 0;
  return buckets.map((bucket) => {
    const first = next;
    while (next < facts.length && (facts[next]?.hour ?? Infinity) < bucket.to) next += 1;
    return { bucket, facts: facts.slice(first, next) };
  });
}
