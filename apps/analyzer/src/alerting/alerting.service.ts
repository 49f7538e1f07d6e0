import { Inject, Injectable } from '@nestjs/common';
import { ruleBook, type AlertRule, type AlertRuleId, type EpochMs, type Observation, type RuleBook } from '@app/domain';
import { alertRulesOf, Database, SETTINGS, TransientError, type Queryable, type Settings, type Transaction } from '@app/shared';
import { draftOfRemoval, draftOfTime, draftsOf, type AlertDraft } from './alert-draft.js';
import { keyOf, lockAlerts, lockAlertsOfRemovedSites, lockDueAlerts, writeDrafts } from './alerts.repository.js';

export interface Evaluation {
  readonly orgId: number;
  readonly now: EpochMs;
  readonly correlationId: string | null;
  readonly observations: readonly Observation[];
}

/** A race is lost at most once per subject and competitor; more means that something else is wrong. */
const MAX_ROUNDS = 5;
const SWEEP_SIZE = 1_000;

/** From observations to alerts: rows, their history, and the outbox that tells the notifier, all in one transaction. */
@Injectable()
export class AlertingService {
  private readonly rules: RuleBook;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) { alerts }: Pick<Settings, 'alerts'>,
  ) {
    this.rules = ruleBook([], alertRulesOf(alerts));
  }

  /** Moves the alerts of these subjects, inside the caller's transaction. Returns how many changes people may hear of. */
  async evaluate(tx: Queryable, evaluation: Evaluation): Promise<{ changed: number }> {
    let waiting = evaluation.observations;
    let changed = 0;
    for (let round = 0; waiting.length > 0; round += 1) {
      if (round === MAX_ROUNDS)
        throw new TransientError(
          'ALERTS_CONTENDED',
          `${waiting.length} alerts were opened by others ${MAX_ROUNDS} times in a row`,
        );
      const drafts = await this.draft(tx, evaluation, waiting);
      const { lost } = await writeDrafts(tx, drafts, evaluation);
      const again = new Set(lost.map(keyOf));
      changed += toldChanges(drafts.filter((draft) => !lost.includes(draft)));
      waiting = waiting.filter((observation) => again.has(keyOf(observation)));
    }
    return { changed };
  }

  /** Ends the alerts of sites that were removed, and moves every other alert of an org whose time has come. */
  async sweep(orgId: number, now: EpochMs): Promise<{ changed: number }> {
    // Removal comes first: nothing of a removed site fires because its time has come.
    const ended = await this.inRounds((tx) => this.endRemovedSome(tx, orgId, now));
    const moved = await this.inRounds((tx) => this.sweepSome(tx, orgId, now));
    return { changed: ended + moved };
  }

  private timingOf(rule: AlertRuleId): AlertRule {
    return this.rules.of(rule, null).timing;
  }

  private async draft(tx: Queryable, { orgId, now }: Evaluation, observations: readonly Observation[]): Promise<AlertDraft[]> {
    const stored = await lockAlerts(tx, orgId, observations);
    const bySubject = new Map<string, Observation[]>();
    for (const observation of observations) {
      const key = keyOf(observation);
      const list = bySubject.get(key);
      if (list === undefined) bySubject.set(key, [observation]);
      else list.push(observation);
    }
    return [...bySubject].flatMap(([key, list]) =>
      list.slice(0, 1).flatMap(({ rule }) => draftsOf(stored.get(key) ?? null, list, this.timingOf(rule), now)),
    );
  }

  /** Repeats one transaction until it finds no more than it takes at once. Returns how many changes people may hear of. */
  private async inRounds(some: (tx: Transaction) => Promise<{ changed: number; found: number }>): Promise<number> {
    let changed = 0;
    for (let isMore = true; isMore;) {
      const moved = await this.database.transaction(some);
      changed += moved.changed;
      isMore = moved.found === SWEEP_SIZE;
    }
    return changed;
  }

  private async endRemovedSome(tx: Transaction, orgId: number, now: EpochMs): Promise<{ changed: number; found: number }> {
    const open = await lockAlertsOfRemovedSites(tx, orgId, SWEEP_SIZE);
    const drafts = open.map((alert) => draftOfRemoval(alert, this.timingOf(alert.rule), now));
    await writeDrafts(tx, drafts, { orgId, now, correlationId: null });
    return { changed: toldChanges(drafts), found: open.length };
  }

  private async sweepSome(tx: Transaction, orgId: number, now: EpochMs): Promise<{ changed: number; found: number }> {
    const due = await lockDueAlerts(tx, orgId, now, SWEEP_SIZE);
    const drafts = due.flatMap((alert) => draftOfTime(alert, this.timingOf(alert.rule), now) ?? []);
    await writeDrafts(tx, drafts, { orgId, now, correlationId: null });
    return { changed: toldChanges(drafts), found: due.length };
  }
}

const toldChanges = (drafts: readonly AlertDraft[]): number =>
  drafts.reduce((sum, { changes }) => sum + changes.filter(({ isTold }) => isTold).length, 0);
