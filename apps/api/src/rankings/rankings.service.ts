import { Inject, Injectable } from '@nestjs/common';
import { Sketch } from '@app/domain';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { GroupsRepository } from '../series/groups.repository.js';
import { STORED_GRAINS } from '../series/plan.js';
import { spansOf } from '../series/rollups.repository.js';
import { MembersRepository } from './members.repository.js';
import { rankP95, type P95Ranking, type P95Row } from './p95-ranking.js';
import { MEMBERS, type MemberKind } from './period-source.js';
import { PeriodsService, type AskedPeriod } from './periods.service.js';
import { defaultStat, figureOf, isQuality, type QualityMetric, type Stat } from './ranking.js';
import { RankingsRepository, type Asked, type Member } from './rankings.repository.js';
import type { RankingsQuery } from './rankings.query.js';

interface Found {
  readonly rows: readonly { readonly member: Member; readonly value: number; readonly coveragePct?: number | null }[];
  readonly ranked: number;
  readonly withoutData: number;
  readonly withoutP95: number;
}

const NONE: Found = { rows: [], ranked: 0, withoutData: 0, withoutP95: 0 };

/** Who is worst over a period. */
@Injectable()
export class RankingsService {
  constructor(
    @Inject(PeriodsService) private readonly periods: PeriodsService,
    @Inject(RankingsRepository) private readonly rankings: RankingsRepository,
    @Inject(GroupsRepository) private readonly groups: GroupsRepository,
    @Inject(MembersRepository) private readonly members: MembersRepository,
  ) {}

  async rank(scope: OrgScope, query: RankingsQuery) {
    const stat = statOf(query);
    const period = await this.periods.asked(scope, query, '7d');
    const [found, disabled] = await Promise.all([this.find(scope, period, query, stat), this.rankings.disabled(scope)]);
    const now = await this.members.now(
      scope,
      query.of,
      found.rows.map(({ member }) => member),
    );
    const items = found.rows.flatMap(({ member, value, coveragePct }, i) => {
      const shown = now.get(member);
      if (shown === undefined) return [];
      const coverage = coveragePct === undefined ? {} : { p95_coverage_pct: coveragePct };
      return [{ rank: i + 1, ...shown.json, value, ...coverage, severity: this.members.severityOf(query.by, shown, value) }];
    });
    const { ranked, withoutData, withoutP95 } = found;
    return { period, stat, items, ranked, leftOut: { disabled, without_data: withoutData, without_p95: withoutP95 } };
  }

  private async find(scope: OrgScope, period: AskedPeriod, query: RankingsQuery, stat: Stat | null): Promise<Found> {
    const { by, of, top } = query;
    const { filter } = period;
    if (by === 'failovers') {
      const rows = await this.rankings.failovers(scope, { of, filter, parts: [] }, period.period, top);
      return { ...NONE, rows, ranked: rows[0]?.ranked ?? 0 };
    }
    const asked: Asked = { of, filter, parts: await this.periods.parts(scope, period) };
    if (asked.parts.length === 0) return NONE;
    if (isQuality(by) && stat === 'p95') return this.findP95(scope, asked, by, top);
    const rows = await this.rankings.worst(scope, asked, figureOf(by, stat), top);
    return {
      rows: rows.filter(({ value }) => value !== null),
      ranked: rows[0]?.ranked ?? 0,
      withoutData: rows[0]?.without_data ?? 0,
      withoutP95: 0,
    };
  }

  private async findP95(scope: OrgScope, asked: Asked, metric: QualityMetric, top: number): Promise<Found> {
    const ranking =
      asked.of === 'circuits' || asked.of === 'sites'
        ? await this.p95OfMembers(scope, asked, metric, top)
        : await this.p95OfGroups(scope, asked, metric);
    const now = await this.members.now(
      scope,
      asked.of,
      ranking.rows.map(({ member }) => member),
    );
    const idOf = (row: P95Row): string => now.get(row.member)?.id ?? '';
    const rounded = (value: number): number => Math.round(value * 1e9) / 1e9;
    const rows = [...ranking.rows].sort((a, b) => rounded(b.value) - rounded(a.value) || (idOf(a) < idOf(b) ? -1 : 1));
    return {
      rows: rows
        .slice(0, top)
        .map(({ member, value, sketched, count }) => ({ member, value, coveragePct: Math.min(100, (sketched / count) * 100) })),
      ranked: ranking.ranked,
      withoutData: 0,
      withoutP95: ranking.withoutP95,
    };
  }

  private async p95OfMembers(scope: OrgScope, asked: Asked, metric: QualityMetric, top: number): Promise<P95Ranking> {
    const bounds = await this.rankings.bounds(scope, asked, metric);
    return rankP95(bounds, top, (members) =>
      members.length === 0 ? Promise.resolve([]) : this.rankings.sketches(scope, asked, metric, members),
    );
  }

  /** Groups are few, and their pools have sketches of their own. */
  private async p95OfGroups(scope: OrgScope, asked: Asked, metric: QualityMetric): Promise<P95Ranking> {
    const { of, parts, filter } = asked;
    if (filter.region !== null || filter.site !== null || filter.provider !== null || filter.storeType !== null)
      throw invalid(
        'stat',
        'a p95 of regions, providers or store types cannot be filtered; ask for stat=avg or stat=max, or rank of=circuits',
      );
    const bounds = await this.rankings.bounds(scope, asked, metric);
    const level = levelOf(of);
    const rows = await Promise.all(
      bounds.map(async ({ member, count }): Promise<P95Row | null> => {
        const group = { level, key: String(member) };
        const found = await Promise.all([
          ...STORED_GRAINS.map((grain) => this.groups.sketches(scope, grain, group, spansOf(parts, grain))),
          this.groups.hourSketches(scope, group, spansOf(parts, 'hour')),
        ]);
        const sketch = Sketch.merged(found.flat().map((row) => row[metric]));
        const value = sketch.quantile(0.95);
        return value === null ? null : { member, value, sketched: sketch.count, count };
      }),
    );
    const known = rows.filter((row) => row !== null);
    return { rows: known, ranked: known.length, withoutP95: bounds.length - known.length };
  }
}

/** Groups that are ranked are followed over time under the same name. */
const levelOf = (of: MemberKind): 'region' | 'provider' | 'store_type' => {
  const column = MEMBERS[of];
  if (column === 'circuit_id' || column === 'site_id') throw new RangeError(`There are no stored pools of ${of}.`);
  return column;
};

function statOf({ by, stat }: RankingsQuery): Stat | null {
  const usual = defaultStat(by);
  if (stat === undefined) return usual;
  if (usual === null) throw invalid('stat', `${by} has one figure only; leave stat out`);
  if (by === 'utilization' && stat === 'p95')
    throw invalid('stat', 'stat of utilization must be max or avg; its p95 is in the series of a circuit');
  return stat;
}
