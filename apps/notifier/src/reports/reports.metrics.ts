import { Inject, Injectable } from '@nestjs/common';
import { Database, METRICS, SETTINGS, type Settings } from '@app/shared';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { MailRecord } from './mails.repository.js';
import type { MadeRun } from './make-runs.js';
import { parkedSchedules } from './runs.repository.js';

const RUN_OUTCOMES: readonly MadeRun['outcome'][] = ['made', 'retry', 'parked'];
const MAIL_OUTCOMES: readonly MailRecord['outcome'][] = ['sent', 'retry', 'dead'];

/** What Prometheus is told of scheduled reports. */
@Injectable()
export class ReportMetrics {
  private readonly runs: Counter<'outcome'>;
  private readonly mails: Counter<'outcome'>;
  private readonly missed: Counter;

  constructor(@Inject(METRICS) registry: Registry, @Inject(SETTINGS) { reports }: Settings, database: Database) {
    const registers = [registry];
    this.runs = new Counter({
      name: 'mistwatch_report_runs_total',
      help: 'Attempts to make a scheduled report, by what came of them',
      labelNames: ['outcome'],
      registers,
    });
    this.mails = new Counter({
      name: 'mistwatch_report_mails_total',
      help: 'Attempts to mail a report, by what came of them',
      labelNames: ['outcome'],
      registers,
    });
    this.missed = new Counter({
      name: 'mistwatch_report_times_missed_total',
      help: 'Times of schedules at which no notifier was there, and which were too old to be caught up',
      registers,
    });
    // Known before the first: a counter that appears at 1 has not increased.
    for (const outcome of RUN_OUTCOMES) this.runs.inc({ outcome }, 0);
    for (const outcome of MAIL_OUTCOMES) this.mails.inc({ outcome }, 0);
    let known = 0;
    const ids = reports.schedules.map(({ id }) => id);
    new Gauge({
      name: 'mistwatch_report_schedules_parked',
      help: 'Schedules whose newest report could not be made and waits for a person, of all notifiers',
      registers,
      async collect() {
        // Without a database nothing is made; what was read before still holds, and /health/ready says why.
        known = await parkedSchedules(database, ids).catch(() => known);
        this.set(known);
      },
    });
  }

  noteRun(outcome: MadeRun['outcome']): void {
    this.runs.inc({ outcome });
  }

  noteMail(outcome: MailRecord['outcome']): void {
    this.mails.inc({ outcome });
  }

  noteMissed(count: number): void {
    this.missed.inc(count);
  }
}
