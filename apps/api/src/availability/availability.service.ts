import { Inject, Injectable } from '@nestjs/common';
import {
  addTime,
  bucketFinder,
  bucketOf,
  DAY_MS,
  hourOf,
  netTimes,
  netTimesOfFacts,
  NO_TIME,
  outagesOf,
  possibleMsOf,
  rollingMonths,
  UNASSIGNED_REGION,
  type EpochMs,
  type HourNetTime,
  type NetInput,
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
  type HoursOf,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { RollupsRepository } from '../series/rollups.repository.js';
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
    @Inject(RollupsRepository) private readonly rollups: RollupsRepository,
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

  /** Of one circuit. Hours that have not closed yet are not asked for; others without a fact are unknown. */
  async ofCircuit(scope: OrgScope, circuit: number, asked: Asked): Promise<Times> {
    const span = this.closed(asked);
    const inputs = await this.hoursOf(scope, { circuits: [circuit], site: null }, span);
    return timesOf(asked, netTimes(inputs.get(circuit) ?? { hours: [], intervals: [], windows: [] }, span));
  }

  /** Of a site: what circuits did in the hours in which they were there. */
  async ofSite(scope: OrgScope, site: number, asked: Asked): Promise<Times> {
    const span = this.closed(asked);
    const circuits = await this.rollups.circuitsOfSite(scope, site, span);
    const inputs = await this.hoursOf(scope, { circuits, site }, span);
    return timesOf(asked, [...inputs.values()].flatMap(netTimesOfFacts));
  }

  private closed({ from, to }: Span): Span {
    return { from, to: Math.max(from, Math.min(to, hourOf(this.clock.now()))) };
  }

  /** Hours of circuits, with their states where maintenance makes them count. */
  private async hoursOf(scope: OrgScope, whose: HoursOf, span: Span): Promise<Map<number, NetInput>> {
    const hours = await hourTimes(this.database, scope.orgId, whose, span);
    const windows = await maintenanceOf(this.database, scope.orgId, whose.circuits, span);
    const states = await statesOf(this.database, scope.orgId, [...windows.keys()], span);
    const inputOf = (circuit: number): NetInput => ({
      hours: hours.get(circuit) ?? [],
      intervals: states.get(circuit) ?? [],
      windows: windows.get(circuit) ?? [],
    });
    return new Map(whose.circuits.map((circuit) => [circuit, inputOf(circuit)]));
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
    for (const { start, facts, upMs, downMs } of days)
      months.add(start, { ...NO_TIME, allMs: possibleMsOf(facts), upMs, downMs });
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

function timesOf(asked: Asked, hours: readonly HourNetTime[]): Times {
  const months = new Months(asked.zone);
  for (const { hour, time } of hours) months.add(hour, time);
  return { span: asked, ...months.result() };
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
