import { Inject, Injectable } from '@nestjs/common';
import { bucketOf, chronicDays, CHRONIC_DAYS, hasReached, kpiOf, Sketch, type Span } from '@app/domain';
import { orgSubject } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { ThresholdBooks } from '../series/thresholds.service.js';
import { MembersRepository } from './members.repository.js';
import { OffendersRepository, type OffenderRow, type OffendersAsked } from './offenders.repository.js';
import { PeriodsService } from './periods.service.js';
import type { OffendersQuery } from './rankings.query.js';
import type { Member } from './rankings.repository.js';

/** Days whose sketches are merged at most. */
const MAX_OPEN_DAYS = 50_000;

/** Who was bad day after day. */
@Injectable()
export class OffendersService {
  constructor(
    @Inject(PeriodsService) private readonly periods: PeriodsService,
    @Inject(OffendersRepository) private readonly offenders: OffendersRepository,
    @Inject(MembersRepository) private readonly members: MembersRepository,
    @Inject(ThresholdBooks) private readonly books: ThresholdBooks,
  ) {}

  async chronic(scope: OrgScope, query: OffendersQuery) {
    const { zone, period, filter } = await this.periods.asked(scope, query, '7d');
    const days = wholeDays(period, zone);
    const { by, of } = query;
    const threshold = this.books.thresholdsOf(by, orgSubject(scope.externalId)).major;
    const asked: OffendersAsked = { by, of, days, filter, threshold, others: await this.others(scope, query, threshold) };
    const counted = await this.count(scope, asked);
    const now = await this.members.now(
      scope,
      of,
      counted.map(({ member }) => member),
    );
    const named = counted.flatMap(({ member, days: value }) => {
      const shown = now.get(member);
      return shown === undefined ? [] : [{ id: shown.id, value, shown }];
    });
    const ranked = chronicDays(named, query.top);
    return {
      zone,
      days,
      threshold,
      found: named.length,
      items: ranked.map(({ rank, value, severity, shown }) => ({ rank, ...shown.json, days: value, severity })),
    };
  }

  /** Bad days per member, open ones decided by their sketches. */
  private async count(scope: OrgScope, asked: OffendersAsked): Promise<{ member: Member; days: number }[]> {
    const rows = await this.offenders.candidates(scope, asked, CHRONIC_DAYS);
    const open = rows.flatMap(({ member, open_days }) => open_days.map((day) => ({ member, day })));
    if (open.length > MAX_OPEN_DAYS)
      throw invalid(
        'of',
        `the p95 of ${String(open.length)} days would have to be merged, at most ${String(MAX_OPEN_DAYS)} are; ask for a shorter period`,
      );
    const bad = openBad(
      await this.offenders.daySketches(scope, asked, open),
      (member) => asked.others.get(member) ?? asked.threshold,
    );
    return rows
      .map(({ member, days }: OffenderRow) => ({ member, days: days + (bad.get(member) ?? 0) }))
      .filter(({ days }) => days >= CHRONIC_DAYS);
  }

  /** Middle thresholds that differ from the org's. */
  private async others(scope: OrgScope, { by, of }: OffendersQuery, threshold: number): Promise<Map<Member, number>> {
    const subjects = await this.books.subjects(scope, of);
    const all = [...subjects].map(([member, subject]) => [member, this.books.thresholdsOf(by, subject).major] as const);
    return new Map(all.filter(([, major]) => major !== threshold));
  }
}

/** The local days that lie, even partly, in the period: a day is judged whole. */
const wholeDays = ({ from, to }: Span, zone: string): Span => ({
  from: bucketOf(from, 'day', zone).from,
  to: bucketOf(to - 1, 'day', zone).to,
});

function openBad(
  sketches: readonly { member: Member; day: Date; sketch: Buffer }[],
  thresholdOf: (member: Member) => number,
): Map<Member, number> {
  const days = new Map<string, { member: Member; parts: Buffer[] }>();
  for (const { member, day, sketch } of sketches) {
    const key = `${String(day.getTime())} ${String(member)}`;
    const parts = days.get(key)?.parts ?? [];
    parts.push(sketch);
    days.set(key, { member, parts });
  }
  const bad = new Map<Member, number>();
  for (const { member, parts } of days.values()) {
    const p95 = Sketch.merged(parts).quantile(0.95);
    if (p95 !== null && hasReached(p95, thresholdOf(member), kpiOf('latency').worse)) bad.set(member, (bad.get(member) ?? 0) + 1);
  }
  return bad;
}
