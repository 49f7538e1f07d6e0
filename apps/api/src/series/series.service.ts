import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_THRESHOLDS, HOUR_MS, HOURLY_KPIS, hourOf, trailingHours, type Bucket, type HourFact, type Thresholds } from '@app/domain';
import type { OrgScope } from '../access/org-scope.js';
import { CircuitsRepository, type CircuitRow } from '../circuits/circuits.repository.js';
import { chooseBuckets, type GrainChoice } from './grain.js';
import { pointJson, type PointGroup, type ThresholdSet } from './point.js';

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly grain: GrainChoice;
  readonly metrics: ReadonlySet<PointGroup>;
}

const firstWholeHour = (at: number): number => hourOf(at + HOUR_MS - 1);

@Injectable()
export class SeriesService {
  constructor(@Inject(CircuitsRepository) private readonly circuits: CircuitsRepository) {}

  /** The points of a period; a bucket without facts is there, with nulls. The first and last are cut to the whole hours asked for. */
  async series(scope: OrgScope, circuit: CircuitRow, asked: Asked) {
    const period = { from: firstWholeHour(asked.from), to: firstWholeHour(asked.to) };
    const { grain, buckets } = chooseBuckets({ ...period, grain: asked.grain, zone: circuit.reporting_timezone });
    const facts = await this.circuits.hours(scope, circuit.key, period);
    const thresholds = thresholdsOf();
    const points = splitByBucket(facts, buckets).map(({ bucket, facts: own }) =>
      pointJson(own, { from: Math.max(bucket.from, period.from), to: Math.min(bucket.to, period.to) }, { thresholds, metrics: asked.metrics }),
    );
    return { grain, points };
  }

  /** The N whole hours before an explicit end, for each N. */
  async windows(scope: OrgScope, circuit: CircuitRow, asked: { end: number; hours: readonly number[]; metrics: ReadonlySet<PointGroup> }) {
    const spans = asked.hours.map((hours) => trailingHours(asked.end, hours));
    const facts = await this.circuits.hours(scope, circuit.key, { from: Math.min(...spans.map(({ from }) => from)), to: hourOf(asked.end) });
    const thresholds = thresholdsOf();
    return spans.map((span) =>
      pointJson(facts.filter(({ hour }) => span.from <= hour && hour < span.to), span, { thresholds, metrics: asked.metrics }),
    );
  }
}

function thresholdsOf(): ThresholdSet {
  return Object.fromEntries(HOURLY_KPIS.map((kpi): [string, Thresholds] => [kpi, DEFAULT_THRESHOLDS[kpi]])) as unknown as ThresholdSet;
}

/** Facts to the bucket in which their hour starts; both ascend, so one pass is enough. */
function splitByBucket(facts: readonly HourFact[], buckets: readonly Bucket[]): { bucket: Bucket; facts: HourFact[] }[] {
  let next = 0;
  return buckets.map((bucket) => {
    const first = next;
    while (next < facts.length && (facts[next]?.hour ?? Infinity) < bucket.to) next += 1;
    return { bucket, facts: facts.slice(first, next) };
  });
}
