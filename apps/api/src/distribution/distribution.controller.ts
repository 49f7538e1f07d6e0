import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { hourOf, utilizationDistribution, type Distribution } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import { IsIn, IsOptional } from 'class-validator';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, orNull, timeOf } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { invalid, problem } from '../http/problem.js';
import { parsePeriod } from '../http/times.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';
import { partsOf, wholeHours } from '../series/plan.js';
import { MAX_FOLDED_HOURS, RollupsRepository, spansOf, tooManyHours } from '../series/rollups.repository.js';
import { DistributionRepository, hoursOf, type Among } from './distribution.repository.js';

const DAY_MS = 86_400_000;
const BYS = ['max', 'avg', 'p95'] as const;
/** Hourly values that are sorted for percentiles: a month of 6,000 circuits and more. */
const MAX_VALUES = 6_000_000;

class DistributionQuery {
  @OptionalTime('Start, RFC 3339. Without a period: the newest closed hour.')
  from?: string;

  @OptionalTime('End (not included), RFC 3339; default the start of the running hour.')
  to?: string;

  @ApiPropertyOptional({
    enum: BYS,
    description: 'Of the hourly values of a period: the highest (default), the average or the p95.',
  })
  @IsOptional()
  @IsIn(BYS)
  by?: (typeof BYS)[number];

  @ApiPropertyOptional({ type: String })
  @IsOptional()
  @IsPlainText()
  region?: string;

  @ApiPropertyOptional({ description: 'Id of a site.', type: String })
  @IsOptional()
  @IsPlainText()
  site?: string;
}

const bucketsJson = ({ buckets, noData, circuits }: Distribution) => ({
  circuits,
  no_data: noData,
  buckets: buckets.map(({ fromPct, toPct, circuits: count }) => ({ from_pct: fromPct, to_pct: toPct, circuits: count })),
});

@ApiTags('circuits')
@Controller('v1/orgs/:org/distribution')
export class DistributionController {
  constructor(
    @Inject(DistributionRepository) private readonly distribution: DistributionRepository,
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ClosedPeriod()
  @ApiOperation({ summary: 'How many circuits are how busy: in the newest closed hour, or over a period' })
  @Answers('Circuits by tens of percent; the last bucket is everything above 100.', {
    from: orNull('2026-03-01T11:00:00Z'),
    to: orNull('2026-03-01T12:00:00Z'),
    by: 'max',
    circuits: 40,
    no_data: 3,
    buckets: [
      { from_pct: 0, to_pct: orNull(10), circuits: 36 },
      { from_pct: 100, to_pct: null, circuits: 1 },
    ],
  })
  async distributionOf(@Scope() scope: OrgScope, @Query() query: DistributionQuery) {
    const among = { region: query.region ?? null, site: query.site ?? null };
    if (query.from !== undefined) return this.ofPeriod(scope, among, query);
    if (query.to !== undefined || query.by !== undefined) throw invalid('from', 'to and by need a period: from is missing');
    const now = this.clock.now();
    const hour = await this.distribution.newestHour(scope, hourOf(now));
    const values = await this.distribution.ofHour(scope, among, { hour: hour ?? 0, now });
    return {
      from: timeOf(hour),
      to: timeOf(hour === null ? null : hour + 3_600_000),
      by: 'max',
      ...bucketsJson(utilizationDistribution(values)),
    };
  }

  private async ofPeriod(scope: OrgScope, among: Among, query: DistributionQuery) {
    const now = this.clock.now();
    const span = wholeHours(parsePeriod(query, hourOf(now), DAY_MS));
    const by = query.by ?? 'max';
    const stored = await this.rollups.stored(scope);
    const parts = partsOf(span, stored, by === 'p95' ? ['day'] : undefined);
    if (parts.length === 0) throw invalid('from', 'no hour starts between from and to');
    const circuits = await this.distribution.countCircuits(scope);
    if (hoursOf(spansOf(parts, 'hour')) * circuits > MAX_FOLDED_HOURS) throw tooManyHours();
    if (by === 'p95' && hoursOf([span]) * circuits > MAX_VALUES)
      throw problem('too-many-hours', {
        detail: 'The p95 needs every hourly value of the period. Ask for a shorter one, or by max or avg.',
      });
    const values =
      by === 'p95'
        ? await this.distribution.p95(scope, among, { parts, now })
        : await this.distribution.ofPeriod(scope, among, { parts, by, now });
    return { from: timeOf(span.from), to: timeOf(span.to), by, ...bucketsJson(utilizationDistribution(values)) };
  }
}
