import { Inject, Injectable } from '@nestjs/common';
import { acknowledge, ALERT_RULE_IDS, ALERT_RULES, statusOf, type AlertRule } from '@app/domain';
import { CLOCK, JobPublisher, type ApiKey, type Clock, type Queryable } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { problem } from '../http/problem.js';
import { AlertsRepository, type LockedAlert } from './alerts.repository.js';

interface Ack {
  readonly id: number;
  readonly caller: ApiKey;
  readonly note: string | null;
}

@Injectable()
export class AlertsService {
  constructor(
    @Inject(AlertsRepository) private readonly alerts: AlertsRepository,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Takes an alert; taking it again changes nothing. */
  async acknowledge(scope: OrgScope, ack: Ack): Promise<void> {
    const isChanged = await this.alerts.locked(scope, ack.id, (tx, alert) => this.take({ tx, scope, alert, ack }));
    if (isChanged) await this.publisher.publish('drain-outbox', { orgId: scope.externalId });
  }

  private async take({ tx, scope, alert, ack }: { tx: Queryable; scope: OrgScope; alert: LockedAlert | null; ack: Ack }): Promise<boolean> {
    if (alert === null) throw problem('not-found');
    if (alert.status === 'acknowledged') return false;
    const now = this.clock.now();
    const actor = `key:${ack.caller.id}`;
    const { state, change, dueAt } = acknowledge(alert.state, { by: ack.caller.name, at: now }, ruleOf(alert.rule));
    if (change === null) throw problem('conflict', { detail: `The alert is ${alert.status}: only a firing alert can be acknowledged.` });
    await this.alerts.write(tx, scope, {
      alert,
      state,
      status: statusOf(state),
      severity: change.severity,
      reason: change.reason,
      at: new Date(now),
      dueAt: dueAt === null ? null : new Date(dueAt),
      actor,
      data: { by: ack.caller.name, ...(ack.note === null ? {} : { note: ack.note }) },
    });
    return true;
  }
}

function ruleOf(id: string): AlertRule {
  const known = ALERT_RULE_IDS.find((each) => each === id);
  return ALERT_RULES[known ?? 'sle'];
}
