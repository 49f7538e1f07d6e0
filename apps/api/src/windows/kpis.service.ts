import { Inject, Injectable } from '@nestjs/common';
import { hourOf, kpisOfStretch, percentilesOfSorted, stretchOfHours, trailingHours } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { timeOf } from '../http/answers.js';
import { cursorKey, pageOf, PageQuery } from '../http/paging.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { MembersRepository } from '../rankings/members.repository.js';
import { PeriodsService } from '../rankings/periods.service.js';
import { bucketOfSpan } from '../series/buckets.js';
import { extraHours, POINT_GROUPS, type Cell, type ThresholdSet } from '../series/cell.js';
import { pointJson } from '../series/point.js';
import { RollupsRepository, type CircuitFact } from '../series/rollups.repository.js';
import { ThresholdBooks } from '../series/thresholds.service.js';
import { countersOf } from '../series/traffic.js';
import { kpisJson } from './kpis-json.js';
import type { CircuitWindowsQuery, KpisQuery, Sort } from './kpis.query.js';
import { KpisRepository, type KpisRow, type Sorting } from './kpis.repository.js';

const ALL_GROUPS = new Set(POINT_GROUPS);
const NO_EXTRA = { utilization: [], loss: [], jitter: [], latency: [] };

/** Trailing windows of many circuits, folded from their hours. */
@Injectable()
export class CircuitWindows {
  constructor(
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
    @Inject(ThresholdBooks) private readonly books: ThresholdBooks,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  endOf({ end }: { readonly end?: string | undefined }): number {
    return end === undefined ? hourOf(this.clock.now()) : parseTime('end', end);
  }

  /** A point for each circuit and length. */
  async of(scope: OrgScope, circuits: readonly number[], { end, hours }: { end: number; hours: readonly number[] }) {
    const [book, facts] = await Promise.all([
      this.books.of(scope),
      this.rollups.hours(scope, { circuits, site: null }, [trailingHours(end, Math.max(...hours))]),
    ]);
    const byCircuit = new Map(circuits.map((circuit) => [circuit, [] as CircuitFact[]]));
    for (const fact of facts) byCircuit.get(fact.circuit)?.push(fact);
    const openFrom = hourOf(this.clock.now());
    return new Map(
      [...byCircuit].map(([circuit, own]) => [
        circuit,
        hours.map((length) => windowPoint(own, { end, length, thresholds: book.of(circuit), openFrom })),
      ]),
    );
  }
}

function windowPoint(
  facts: readonly CircuitFact[],
  { end, length, thresholds, openFrom }: { end: number; length: number; thresholds: ThresholdSet; openFrom: number },
) {
  const span = trailingHours(end, length);
  const own = facts.filter(({ hour }) => hour >= span.from && hour < span.to);
  const cell: Cell = {
    kpis: kpisOfStretch(stretchOfHours(own, span, thresholds), {
      span,
      openFrom,
      thresholds,
      percentiles: percentilesOfSorted(own),
    }),
    extra: extraHours(() => [], NO_EXTRA, span),
    circuits: null,
    bandwidth: own.at(-1)?.bandwidth ?? null,
    counters: countersOf(own),
  };
  return pointJson(cell, bucketOfSpan(span), ALL_GROUPS);
}

const sortingOf = (query: { sort: Sort; limit: number; cursor?: string }): Sorting => {
  const page = Object.assign(new PageQuery(), query.cursor === undefined ? {} : { cursor: query.cursor });
  const key = cursorKey(page, 3);
  const [isNull, sorted, id] = (key ?? []).map(String);
  if (key !== null && !/^-?\d{1,40}(\.\d{1,20})?$/.test(sorted ?? ''))
    throw invalid('cursor', 'cursor must be the next_cursor of the page before');
  const after = key === null ? null : { sorted: isNull === 'true' ? null : (sorted ?? null), id: id ?? '' };
  const stat = query.sort === 'utilization' ? 'max' : query.sort === 'availability' || query.sort === 'flaps' ? null : 'avg';
  return { by: query.sort, stat, after, limit: query.limit + 1 };
};

const pageOfRows = <T>(rows: readonly KpisRow[], limit: number, item: (row: KpisRow) => T) =>
  pageOf(rows, limit, { item, key: ({ sorted, id }) => [String(sorted === null), sorted ?? '0', id] });

/** Lists of everything's figures over one period. */
@Injectable()
export class KpisService {
  constructor(
    @Inject(PeriodsService) private readonly periods: PeriodsService,
    @Inject(KpisRepository) private readonly kpis: KpisRepository,
    @Inject(MembersRepository) private readonly members: MembersRepository,
    @Inject(CircuitWindows) private readonly windows: CircuitWindows,
  ) {}

  async list(scope: OrgScope, query: KpisQuery) {
    const asked = await this.periods.asked(scope, query, '7d');
    const { of } = query;
    const rows = await this.kpis.page(
      scope,
      { of, filter: asked.filter, parts: await this.periods.parts(scope, asked) },
      sortingOf(query),
    );
    const now = await this.members.now(
      scope,
      of,
      rows.map(({ member }) => member),
    );
    const item = (row: KpisRow) => ({
      ...now.get(row.member)?.json,
      ...kpisJson(row, of, { ...asked.period, to: Math.min(asked.period.to, hourOf(asked.now)) }),
    });
    return { period: asked.period, zone: asked.zone, page: pageOfRows(rows, query.limit, item) };
  }

  async circuitWindows(scope: OrgScope, query: CircuitWindowsQuery) {
    if (query.from !== undefined || query.to !== undefined || query.period !== undefined)
      throw invalid('end', 'windows have an end and hours; from, to and period are those of /kpis');
    const end = this.windows.endOf(query);
    const hours = query.hours.split(',').map(Number);
    const first = trailingHours(end, hours[0] ?? 24);
    const asked = await this.periods.asked(scope, { ...query, from: timeOf(first.from) ?? '', to: timeOf(first.to) ?? '' }, '7d');
    // Windows are short: the hours themselves, never late.
    const parts = [{ source: 'hour' as const, ...first }];
    const rows = await this.kpis.page(scope, { of: 'circuits', filter: asked.filter, parts }, sortingOf(query));
    const shown = rows.slice(0, query.limit).map(({ member }) => Number(member));
    const [now, points] = await Promise.all([
      this.members.now(scope, 'circuits', shown),
      this.windows.of(scope, shown, { end, hours }),
    ]);
    const item = (row: KpisRow) => ({ ...now.get(row.member)?.json, windows: points.get(Number(row.member)) ?? [] });
    return { end, page: pageOfRows(rows, query.limit, item) };
  }
}
