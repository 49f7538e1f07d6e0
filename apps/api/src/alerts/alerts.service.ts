import { Inject, Injectable, Logger } from '@nestjs/common';
import { acknowledge, isBuiltInRule, resolvedByHand, statusOf, type AlertRule, type BuiltInRuleId } from '@app/domain';
import { alertRulesOf, auditRow, CLOCK, JobPublisher, SETTINGS, type Clock, type Queryable, type Settings } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { problem } from '../http/problem.js';
import { AlertsRepository, type AlertWrite, type LockedAlert } from './alerts.repository.js';

/** What a person does to one alert. */
interface Act {
  readonly id: number;
  readonly caller: Principal;
}

/** Inside the transaction that has the alert locked. */
interface Locked {
  readonly tx: Queryable;
  readonly scope: OrgScope;
  readonly alert: LockedAlert;
  readonly now: number;
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
  acknowledge(scope: OrgScope, act: Act & { readonly note: string | null }): Promise<void> {
    return this.moved(scope, act, (locked) => this.take(locked, act));
  }

  /** Ends an alert; ending it again changes nothing. */
  resolve(scope: OrgScope, act: Act & { readonly reason: string }): Promise<void> {
    return this.moved(scope, act, (locked) => this.end(locked, act));
  }

  /** Says, or takes back, that nobody needed to know. */
  async markNoise(scope: OrgScope, { id, caller, isNoise }: Act & { readonly isNoise: boolean }): Promise<void> {
    await this.alerts.locked(scope, id, async (tx, alert) => {
      if (alert === null) throw problem('not-found');
      if ((alert.noise_at !== null) === isNoise) return;
      const at = new Date(this.clock.now());
      await tx.query('update alert set noise_at = $3, noise_by = $4 where org_id = $1 and id = $2', [
        scope.orgId,
        id,
        isNoise ? at : null,
        isNoise ? caller.name : null,
      ]);
      const action = isNoise ? 'alert.noise' : 'alert.not-noise';
      await auditRow(tx, scope.orgId, { at, actor: caller.actor, action, subject: `alert:${String(id)}` });
    });
  }

  async addNote(scope: OrgScope, { id, caller, text }: Act & { readonly text: string }): Promise<void> {
    await this.alerts.locked(scope, id, async (tx, alert) => {
      if (alert === null) throw problem('not-found');
      const at = new Date(this.clock.now());
      await tx.query('insert into alert_note (org_id, alert_id, at, author, text) values ($1, $2, $3, $4, $5)', [
        scope.orgId,
        id,
        at,
        caller.name,
        text,
      ]);
      await auditRow(tx, scope.orgId, { at, actor: caller.actor, action: 'alert.note', subject: `alert:${String(id)}` });
    });
  }

  private async moved(scope: OrgScope, { id }: Act, work: (locked: Locked) => Promise<boolean>): Promise<void> {
    const isChanged = await this.alerts.locked(scope, id, async (tx, alert) => {
      if (alert === null) throw problem('not-found');
      return work({ tx, scope, alert, now: this.clock.now() });
    });
    if (isChanged) await this.wakeNotifier(scope.externalId);
  }

  /** The notice is stored in the outbox: should the queue be away, the notifier's next sweep finds it. */
  private async wakeNotifier(orgId: string): Promise<void> {
    try {
      await this.publisher.publish('drain-outbox', { orgId }, { isBestEffort: true });
    } catch (error) {
      this.logger.warn({ message: 'People hear of a change by hand at the next sweep: the queue does not answer', error });
    }
  }

  private async take(locked: Locked, { caller, note }: Act & { readonly note: string | null }): Promise<boolean> {
    const { alert, now } = locked;
    if (alert.status === 'acknowledged') return false;
    const rule = this.rules[isBuiltInRule(alert.rule) ? alert.rule : 'sle'];
    const { state, change, dueAt } = acknowledge(alert.state, { by: caller.name, at: now }, rule);
    if (change === null)
      throw problem('conflict', { detail: `The alert is ${alert.status}: only a firing alert can be acknowledged.` });
    await this.write(locked, {
      state,
      severity: change.severity,
      reason: change.reason,
      // Who has it does not move the end of a rule of the configuration, whose delays only the analyzer knows.
      dueAt: !isBuiltInRule(alert.rule) ? alert.due_at : dueAt === null ? null : new Date(dueAt),
      actor: caller.actor,
      data: { by: caller.name, ...(note === null ? {} : { note }) },
    });
    return true;
  }

  private async end(locked: Locked, { caller, reason }: Act & { readonly reason: string }): Promise<boolean> {
    const state = resolvedByHand(locked.alert.state);
    if (state === null) return false;
    await this.write(locked, {
      state,
      severity: locked.alert.severity,
      reason: 'resolved-by-hand',
      dueAt: null,
      actor: caller.actor,
      data: { by: caller.name, note: reason },
    });
    return true;
  }

  private write({ tx, scope, alert, now }: Locked, change: Omit<AlertWrite, 'alert' | 'status' | 'at'>): Promise<void> {
    return this.alerts.write(tx, scope, { ...change, alert, status: statusOf(change.state), at: new Date(now) });
  }
}
