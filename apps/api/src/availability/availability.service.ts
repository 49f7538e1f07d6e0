import { Inject, Injectable } from '@nestjs/common';
import {
  addTime,
  bucketFinder,
  bucketOf,
  DAY_MS,
  hourOf,
  netTimes,
  NO_TIME,
  outagesOf,
  rollingMonths,
  UNASSIGNED_REGION,
  type EpochMs,
  type NetTime,
  type Outage,
  type Span,
} from '@app/domain';
import {
  CLOCK,
  Database,
  groupDays,
  hourTimes,
  insideDays,
  maintenanceOf,
  statesOf,
  type AvailabilityGroup,
  type Clock,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import type { Month } from './availability-json.js';

/** Two leap years: longer is no availability any more but an archive. */
const LONGEST_MS = 732 * DAY_MS;

export interface Asked extends Span {
  readonly zone: string;
}

/** Time by state of circuits together, month by month. */
export interface Times {
  readonly span: Span;
  readonly time: NetTime;
  readonly months: readonly Month[];
}

@Injectable()
export class AvailabilityService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The asked period; without a start the calendar months m-12 to m, m being the month of the last instant before the end. */
  period(given: { from?: string | undefined; to?: string | undefined }, zone: string): Asked {
    const to = given.to === undefined ? this.clock.now() : parseTime('to', given.to);
    const from = given.from === undefined ? rollingMonths(to, zone).from : parseTime('from', given.from);
    if (from >= to) throw invalid('from', 'from must lie before to');
    if (to - from > LONGEST_MS) throw invalid('from', 'the period is at most two years long');
    return { from, to, zone };
  }

  /** Of single circuits, from their hours. Hours that have not closed yet are not asked for. */
  async ofCircuits(scope: OrgScope, circuits: readonly number[], asked: Asked): Promise<Times> {
    const span = { from: asked.from, to: Math.max(asked.from, Math.min(asked.to, hourOf(this.clock.now()))) };
    const hours = await hourTimes(this.database, scope.orgId, circuits, span);
    const seen = [...hours.keys()];
    const windows = await maintenanceOf(this.database, scope.orgId, seen, span);
    const shut = [...windows.keys()];
    const states = await statesOf(this.database, scope.orgId, shut, span);
    const months = new Months(asked.zone);
    // A circuit of which nothing is stored in the period did not exist for it; alone it still answers: all of it is unknown.
    for (const circuit of seen.length === 0 ? circuits.slice(0, 1) : seen) {
      const input = {
        hours: hours.get(circuit) ?? [],
        intervals: states.get(circuit) ?? [],
        windows: windows.get(circuit) ?? [],
      };
      for (const { hour, time } of netTimes(input, span)) months.add(hour, time);
    }
    return { span: asked, ...months.result() };
  }

  /** Of a region or a whole organization, from its days; whole local days. */
  async ofGroup(scope: OrgScope, group: AvailabilityGroup, asked: Asked): Promise<Times> {
    const { zone } = asked;
    const span = { from: bucketOf(asked.from, 'day', zone).from, to: bucketOf(asked.to - 1, 'day', zone).to };
    const until = Math.max(span.from, Math.min(span.to, hourOf(this.clock.now())));
    const [days, inside] = await Promise.all([
      groupDays(this.database, scope.orgId, group, span),
      insideDays(this.database, scope.orgId, {
        from: span.from,
        to: until,
        region: group.level === 'region' ? group.key : null,
        unassigned: UNASSIGNED_REGION,
        zone,
      }),
    ]);
    const months = new Months(zone);
    for (const { start, circuits, upMs, downMs } of days) {
      const lengthMs = Math.max(0, Math.min(bucketOf(start, 'day', zone).to, until) - start);
      months.add(start, { ...NO_TIME, allMs: circuits * lengthMs, upMs, downMs });
    }
    for (const { start, ...time } of inside) months.add(start, { ...NO_TIME, ...time });
    return { span, ...months.result() };
  }

  /** Outages of one circuit that touch the period, whole even where they begin before it. */
  async outages(scope: OrgScope, circuit: number, span: Span): Promise<Outage[]> {
    const [states, windows] = await Promise.all([
      statesOf(this.database, scope.orgId, [circuit], span),
      maintenanceOf(this.database, scope.orgId, [circuit], { from: span.from - DAY_MS * 400, to: span.to }),
    ]);
    return outagesOf(states.get(circuit) ?? [], windows.get(circuit) ?? []).filter(({ end }) => end > span.from);
  }
}

/** Sums by calendar month of the reporting zone. */
class Months {
  private readonly find: (at: EpochMs) => Span;
  private readonly months = new Map<EpochMs, { span: Span; time: NetTime }>();

  constructor(private readonly zone: string) {
    this.find = bucketFinder('month', zone);
  }

  add(at: EpochMs, time: NetTime): void {
    const span = this.find(at);
    const month = this.months.get(span.from) ?? { span, time: NO_TIME };
    this.months.set(span.from, { span, time: addTime(month.time, time) });
  }

  result(): { time: NetTime; months: Month[] } {
    const months = [...this.months.values()].sort((a, b) => a.span.from - b.span.from);
    const name = new Intl.DateTimeFormat('sv-SE', { timeZone: this.zone, year: 'numeric', month: '2-digit' });
    return {
      time: months.reduce((sum, { time }) => addTime(sum, time), NO_TIME),
      months: months.map(({ span, time }) => ({ from: span.from, to: span.to, name: name.format(span.from), time })),
    };
  }
}
