import { Inject, Injectable } from '@nestjs/common';
import { trailingHours, type Grain } from '@app/domain';
import type { OrgScope } from '../access/org-scope.js';
import { bucketOfSpan, bucketsOf, type Bucket } from './buckets.js';
import type { Cell, ExtraThresholds, PointGroup, ThresholdSet } from './cell.js';
import { CircuitCells } from './circuit-cells.service.js';
import type { GrainChoice } from './grain.js';
import { GroupCells } from './group-cells.service.js';
import { pointJson, thresholdsJson } from './point.js';
import type { Subject } from './subject.js';
import { ThresholdBooks } from './thresholds.service.js';

interface Figures {
  readonly metrics: ReadonlySet<PointGroup>;
  readonly extra: ExtraThresholds;
}
interface AskedSeries extends Figures {
  readonly from: number;
  readonly to: number;
  readonly grain: GrainChoice;
}
interface AskedWindows extends Figures {
  readonly end: number;
  readonly hours: readonly number[];
}

/** Figures of anything over time. */
@Injectable()
export class SeriesService {
  constructor(
    @Inject(CircuitCells) private readonly circuitCells: CircuitCells,
    @Inject(GroupCells) private readonly groupCells: GroupCells,
    @Inject(ThresholdBooks) private readonly books: ThresholdBooks,
  ) {}

  /** The points of a period; a bucket without facts is there, with nulls. The first and last are cut to the whole hours asked for. */
  async series(scope: OrgScope, subject: Subject, { metrics, extra, ...asked }: AskedSeries) {
    const { grain, buckets } = bucketsOf({ ...asked, zone: subject.zone });
    const figures = { buckets, grain, metrics, extra };
    if (subject.kind === 'circuit' && grain === 'hour') {
      const thresholds = this.thresholdsOf(scope, subject);
      const points = await this.circuitCells.hoursOfCircuit(scope, subject.circuit, { ...figures, thresholds });
      return { grain, thresholds: thresholdsJson(thresholds, extra), points };
    }
    const { thresholds, cells } = await this.cells(scope, subject, figures);
    return { grain, thresholds: thresholdsJson(thresholds, extra), points: pointsOf(cells, buckets, metrics) };
  }

  /** The N whole hours before an explicit end, for each N. */
  async windows(scope: OrgScope, subject: Subject, { end, hours, metrics, extra }: AskedWindows) {
    const windows = await Promise.all(
      hours.map(async (length) => {
        const buckets = [bucketOfSpan(trailingHours(end, length))];
        // A window may be cut into stored months, weeks and days like any other period.
        const { thresholds, cells } = await this.cells(scope, subject, { buckets, grain: 'month', metrics, extra });
        return { thresholds, points: pointsOf(cells, buckets, metrics) };
      }),
    );
    return {
      thresholds: thresholdsJson(windows[0]?.thresholds ?? this.thresholdsOf(scope, subject), extra),
      windows: windows.flatMap(({ points }) => points),
    };
  }

  private async cells(
    scope: OrgScope,
    subject: Subject,
    asked: Figures & { buckets: readonly Bucket[]; grain: Grain },
  ): Promise<{ thresholds: ThresholdSet; cells: Cell[] }> {
    const thresholds = this.thresholdsOf(scope, subject);
    if (subject.kind === 'circuit')
      return {
        thresholds,
        cells: await this.circuitCells.ofCircuit(scope, subject.circuit, {
          ...asked,
          thresholds,
          thresholdsOf: () => thresholds,
        }),
      };
    const book = await this.books.of(scope);
    const shared = { ...asked, thresholds, thresholdsOf: (circuit: number) => book.of(circuit) };
    const cells =
      subject.kind === 'site'
        ? await this.circuitCells.ofSite(scope, subject.site, shared)
        : await this.groupCells.cells(scope, { ...shared, group: subject.group, lowest: book.lowest });
    return { thresholds, cells };
  }

  private thresholdsOf(scope: OrgScope, { place }: Subject): ThresholdSet {
    return this.books.hourlyOf({ ...place, orgId: scope.externalId });
  }
}

const pointsOf = (cells: readonly Cell[], buckets: readonly Bucket[], metrics: ReadonlySet<PointGroup>) =>
  cells.flatMap((cell, i) => {
    const bucket = buckets[i];
    return bucket === undefined ? [] : [pointJson(cell, bucket, metrics)];
  });
