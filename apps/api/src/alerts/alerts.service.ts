import { Inject, Injectable, Logger } from '@nestjs/common';
import { acknowledge, ALERT_RULE_IDS, statusOf, type AlertRule, type BuiltInRuleId } from '@app/domain';
import { alertRulesOf, CLOCK, JobPublisher, SETTINGS, type ApiKey, type Clock, type Queryable, type Settings } from '@app/shared';
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
  private readonly logger = new Logger(AlertsService.name);
  private readonly rules: Readonly<Record<BuiltInRuleId, AlertRule>>;

  constructor(
    @Inject(AlertsRepository) private readonly alerts: AlertsRepository,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) { alerts: settings }: Pick<Settings, 'alerts'>,
  ) {
    this.rules = alertRulesOf(settings);
  }

  /** Takes an alert; taking it again changes nothing. */
  async acknowledge(scope: OrgScope, ack: Ack): Promise<void> {
    const isChanged = await this.alerts.locked(scope, ack.id, (tx, alert) => this.take({ tx, scope, alert, ack }));
    if (isChanged) await this.wakeNotifier(scope.externalId);
  }

  /** The notice is stored in the outbox: should the queue be away, the notifier's next sweep finds it. */
  private async wakeNotifier(orgId: string): Promise<void> {
    try {
      await this.publisher.publish('drain-outbox', { orgId });
    } catch (error) {
      this.logger.warn({ message: 'People hear of an acknowledgement at the next sweep: the queue does not answer', error });
    }
  }

  private async take({
    tx,
    scope,
    alert,
    ack,
  }: {
    tx: Queryable;
    scope: OrgScope;
    alert: LockedAlert | null;
    ack: Ack;
  }): Promise<boolean> {
    if (alert === null) throw problem('not-found');
    if (alert.status === 'acknowledged') return false;
    const now = this.clock.now();
    const actor = `key:${ack.caller.id}`;
    const { state, change, dueAt } = acknowledge(alert.state, { by: ack.caller.name, at: now }, this.ruleOf(alert.rule));
    if (change === null)
      throw problem('conflict', { detail: `The alert is ${alert.status}: only a firing alert can be acknowledged.` });
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

  private ruleOf(id: string): AlertRule {
    const known = ALERT_RULE_IDS.find((each) => each === id);
    return this.rules[known ?? 'sle'];
  }
}
