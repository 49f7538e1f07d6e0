import { Inject, Injectable } from '@nestjs/common';
import { bucketOf, type Span } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { partsOf, wholeHours, type Part, type Stored } from '../series/plan.js';
import { hoursIn } from '../series/rollup-rows.js';
import { RollupsRepository, tooManyHours } from '../series/rollups.repository.js';
import { SubjectsRepository } from '../series/subjects.repository.js';
import { namedPeriod } from './period.js';
import type { PeriodFilter } from './period-source.js';
import type { PeriodQuery } from './rankings.query.js';
import { RankingsRepository } from './rankings.repository.js';

/** Circuit-hours that a ranking may add up beside stored rows: sums only, so more than a series may fold. */
const MAX_EDGE_HOURS = 1_000_000;

export interface AskedPeriod {
  readonly now: number;
  readonly zone: string;
  readonly period: Span;
  readonly filter: PeriodFilter;
  readonly stored: Stored | null;
}

/** From what a caller wrote to what has to be read. */
@Injectable()
export class PeriodsService {
  constructor(
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
    @Inject(RankingsRepository) private readonly rankings: RankingsRepository,
    @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async asked(scope: OrgScope, query: PeriodQuery, fallback: string): Promise<AskedPeriod> {
    const zone = await this.subjects.zone(scope);
    const now = this.clock.now();
    const period = namedPeriod(query, { now, zone, fallback });
    const [stored, site] = await Promise.all([
      this.rollups.stored(scope),
      query.site === undefined ? null : this.subjects.site(scope, query.site),
    ]);
    const filter = {
      region: query.region ?? null,
      site: site?.kind === 'site' ? site.site : null,
      provider: query.provider ?? null,
      storeType: query.store_type ?? null,
    };
    return { now, zone, period, filter, stored };
  }

  /** Stored rows and edge hours that tell the period; refuses what would fold too many hours. */
  async parts(scope: OrgScope, { period, stored }: AskedPeriod): Promise<Part[]> {
    const hours = wholeHours(period);
    if (hours.from >= hours.to) return [];
    const parts = partsOf(await this.settled(scope, hours, stored), stored);
    const edge = parts.filter(({ source }) => source === 'hour').reduce((sum, part) => sum + hoursIn(part), 0);
    if (edge > 0 && edge * (await this.rankings.circuits(scope)) > MAX_EDGE_HOURS) throw tooManyHours(MAX_EDGE_HOURS);
    return parts;
  }

  /** A period that ends inside a day in which nothing comes after it is as good as one that ends with the day, whose row is stored. */
  private async settled(scope: OrgScope, hours: Span, stored: Stored | null): Promise<Span> {
    if (stored === null) return hours;
    const day = bucketOf(hours.to - 1, 'day', stored.zone);
    const rest = wholeHours({ from: hours.to, to: day.to });
    if (rest.from >= rest.to || (await this.rankings.hasHours(scope, rest))) return hours;
    return { from: hours.from, to: day.to };
  }
}
