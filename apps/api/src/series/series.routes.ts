import { Inject, Injectable } from '@nestjs/common';
import { HOUR_MS, hourOf } from '@app/domain';
import { CLOCK, type Clock } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { timeOf } from '../http/answers.js';
import { JsonText } from '../http/json-text.js';
import { invalid } from '../http/problem.js';
import { parsePeriod, parseTime } from '../http/times.js';
import { extraThresholdsOf, metricsOf, windowHoursOf, type SeriesQuery, type WindowsQuery } from './series.query.js';
import { SeriesService } from './series.service.js';
import type { Subject } from './subject.js';

const DAY_MS = 86_400_000;

/** What every route of a series answers, whatever it is of. */
@Injectable()
export class SeriesRoutes {
  constructor(
    @Inject(SeriesService) private readonly service: SeriesService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async series(scope: OrgScope, subject: Subject, query: SeriesQuery) {
    if (query.window !== undefined && query.from !== undefined) throw invalid('window', 'window and from exclude each other');
    const defaultMs = query.window === undefined ? DAY_MS : Number(query.window.slice(0, -1)) * HOUR_MS;
    // The running hour has no fact yet: it is current state.
    const period = parsePeriod(query, hourOf(this.clock.now()), defaultMs);
    const asked = { ...period, grain: query.grain, metrics: metricsOf(query.metrics), extra: extraThresholdsOf(query.above) };
    const { grain, thresholds, points } = await this.service.series(scope, subject, asked);
    const head = {
      ...subject.name,
      from: timeOf(period.from),
      to: timeOf(period.to),
      grain,
      timezone: subject.zone,
      thresholds,
    };
    return points instanceof JsonText ? JsonText.object(head, ['points', points]) : { ...head, points };
  }

  async windows(scope: OrgScope, subject: Subject, query: WindowsQuery) {
    const end = query.end === undefined ? this.clock.now() : parseTime('end', query.end);
    const asked = {
      end,
      hours: windowHoursOf(query.hours),
      metrics: metricsOf(query.metrics),
      extra: extraThresholdsOf(query.above),
    };
    return { ...subject.name, end: timeOf(end), ...(await this.service.windows(scope, subject, asked)) };
  }
}
