import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { compareCircuits, DAY_MS, HOUR_MS, hourOf, type ComparisonNote } from '@app/domain';
import { CLOCK, type CircuitNow, type Clock, type SiteNow } from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { invalid } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { OptionalTime } from '../http/validation.js';
import { bucketOfSpan, type Bucket } from '../series/buckets.js';
import { POINT_GROUPS, type Cell } from '../series/cell.js';
import { CircuitCells } from '../series/circuit-cells.service.js';
import { POINT_EXAMPLE, pointJson } from '../series/point.js';
import { CurrentStateService } from '../sites/current-state.service.js';

class ComparisonQuery {
  @OptionalTime('Start, RFC 3339; default a week before `to`.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;
}

const MAX_SPAN_MS = 14 * 31 * DAY_MS;
const METRICS = new Set(POINT_GROUPS);
const NO_EXTRA = { utilization: [], loss: [], jitter: [], latency: [] };

/** A circuit with its figures of the period. */
interface Compared {
  readonly circuit: CircuitNow;
  readonly cell: Cell;
}

const circuitJson = ({ circuit, cell }: Compared, bucket: Bucket) => ({
  id: circuit.id,
  key: circuit.row.id,
  name: circuit.row.name,
  role: circuit.row.role,
  provider: circuit.row.provider,
  figures: pointJson(cell, bucket, METRICS),
});

const notesOf = (primary: Compared | undefined, { cell: other }: Compared): ComparisonNote[] =>
  primary === undefined ? [] : compareCircuits(averagesOf(primary.cell), averagesOf(other));

const averagesOf = ({ kpis }: Cell) => ({ utilizationPct: kpis.utilization.avgPct, latencyMs: kpis.latency.avg });

const CIRCUIT = { provider: orNull('Example Telecom'), figures: POINT_EXAMPLE };

@ApiTags('sites')
@Controller('v1/orgs/:org/sites/:site/comparison')
export class ComparisonController {
  constructor(
    @Inject(CurrentStateService) private readonly current: CurrentStateService,
    @Inject(CircuitCells) private readonly cells: CircuitCells,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ForSiteGroups()
  @ApiOperation({ summary: 'The primary of a site beside its other circuits, and what stands out' })
  @Answers(
    '`others` are the secondary and backup circuits with their notes; without a known primary all circuits, and no notes.',
    {
      site_id: 'site-1',
      from: '2026-03-01T10:00:00Z',
      to: '2026-03-01T11:00:00Z',
      primary: orNull({ id: '020000000101:ge-0/0/0', key: 12, name: orNull('main line'), role: orNull('primary'), ...CIRCUIT }),
      others: [
        {
          id: '020000000101:ge-0/0/1',
          key: 13,
          name: orNull('spare line'),
          role: orNull('secondary'),
          ...CIRCUIT,
          notes: [{ metric: 'latency', difference: 31.5, text: 'Average latency is 31.5 ms higher than on the primary' }],
        },
      ],
    },
  )
  async compare(@Scope() scope: OrgScope, @Param('site') id: string, @Query() query: ComparisonQuery) {
    const bucket = this.bucketOf(query);
    const site = await this.current.site(scope, id);
    const compared = await this.figuresOf(scope, site, bucket);
    const primary = compared.find(({ circuit }) => circuit.row.role === 'primary');
    return {
      site_id: site.row.externalId,
      from: timeOf(bucket.hours.from),
      to: timeOf(bucket.hours.to),
      primary: primary === undefined ? null : circuitJson(primary, bucket),
      others: compared
        .filter((each) => each !== primary)
        .map((each) => ({ ...circuitJson(each, bucket), notes: notesOf(primary, each) })),
    };
  }

  private bucketOf(query: ComparisonQuery): Bucket {
    const asked = parsePeriod(query, hourOf(this.clock.now()), 7 * DAY_MS);
    const [from, to] = [asked.from, asked.to].map((at) => hourOf(at + HOUR_MS - 1));
    if (from === undefined || to === undefined || from >= to) throw invalid('to', 'the period must hold a whole hour');
    if (to - from > MAX_SPAN_MS) throw invalid('from', 'from must lie at most 14 months before to');
    return bucketOfSpan({ from, to });
  }

  private figuresOf(scope: OrgScope, site: SiteNow, bucket: Bucket): Promise<Compared[]> {
    const circuits = site.circuits.filter(({ row }) => !row.disabled);
    return Promise.all(
      circuits.map(async (circuit) => {
        const { thresholds } = circuit;
        const whose = { circuits: [circuit.row.id], site: null };
        const asked = { whose, isPool: false, buckets: [bucket], grain: 'month', metrics: METRICS, extra: NO_EXTRA } as const;
        const [cell] = await this.cells.cells(scope, { ...asked, thresholds, thresholdsOf: () => thresholds });
        if (cell === undefined) throw new Error(`Circuit ${circuit.id} has no figures of the period.`);
        return { circuit, cell };
      }),
    );
  }
}
