import { Inject, Injectable } from '@nestjs/common';
import type { AlertRule, AlertRuleId, EpochMs, Observation } from '@app/domain';
import { Database, SETTINGS, TransientError, type Queryable, type Settings, type Transaction } from '@app/shared';
import {
  draftOfDisabled,
  draftOfRemoval,
  draftOfTime,
  draftsOf,
  draftsOfHours,
  type AlertDraft,
  type JudgedSubject,
  type StoredAlert,
} from './alert-draft.js';
import {
  keyOf,
  lockAlerts,
  lockAlertsOfOtherRules,
  lockAlertsOfRemovedSites,
  lockDueAlerts,
  writeDrafts,
  type Writing,
} from './alerts.repository.js';
import { asRuled, RulesInForce } from './rules-in-force.js';

export interface Evaluation extends Writing {
  readonly observations: readonly Observation[];
}

/** What closed hours say of a subject, and the times of its rule; `timing` null = the rule does not hold for it. */
export interface RuledSubject extends JudgedSubject {
  readonly timing: AlertRule | null;
}

/** A race is lost at most once per subject and competitor; more means that something else is wrong. */
const MAX_ROUNDS = 5;
const SWEEP_SIZE = 1_000;

/** From observations to alerts: rows, their history, and the outbox that tells the notifier, all in one transaction. */
@Injectable()
export class AlertingService {
  private readonly rules: RulesInForce;

  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) settings: Pick<Settings, 'alerts' | 'rules'>,
  ) {
    this.rules = new RulesInForce(settings);
  }

  /** Moves the alerts of these subjects, inside the caller's transaction. Returns how many changes people may hear of. */
  evaluate(tx: Queryable, evaluation: Evaluation): Promise<{ changed: number }> {
    const subjects = new Map<string, Observation[]>();
    for (const observation of evaluation.observations) {
      const key = keyOf(observation);
      const list = subjects.get(key);
      if (list === undefined) subjects.set(key, [observation]);
      else list.push(observation);
    }
    return this.untilWritten(tx, evaluation, [...subjects.keys()], (keys) =>
      this.draft(
        tx,
        evaluation,
        keys.map((key) => subjects.get(key) ?? []),
      ),
    );
  }

  /** Moves the alerts of rules about closed hours; the caller asked only for what its rule holds. */
  judge(tx: Queryable, writing: Writing, judged: readonly RuledSubject[]): Promise<{ changed: number }> {
    const subjects = new Map(judged.map((each) => [keyOf(each.subject), each]));
    return this.untilWritten(tx, writing, [...subjects.keys()], async (keys) => {
      const waiting = keys.flatMap((key) => subjects.get(key) ?? []);
      const stored = await lockAlerts(
        tx,
        writing.orgId,
        waiting.map(({ subject }) => ({ ...subject, breached: true })),
      );
      return waiting.flatMap((each) => this.draftOfHours(stored.get(keyOf(each.subject)) ?? null, each, writing.now));
    });
  }

  private draftOfHours(stored: StoredAlert | null, judged: RuledSubject, now: EpochMs): AlertDraft[] {
    if (judged.timing !== null) return draftsOfHours(stored, judged, judged.timing, now);
    return stored === null || stored.state.kind === 'ok'
      ? []
      : [draftOfDisabled(stored, this.timingOf(judged.subject.rule), now)];
  }

  /** Writes what is drafted; who lost a race against another process is drafted again. */
  private async untilWritten(
    tx: Queryable,
    writing: Writing,
    keys: readonly string[],
    draft: (keys: readonly string[]) => Promise<AlertDraft[]>,
  ): Promise<{ changed: number }> {
    let waiting = keys;
    let changed = 0;
    for (let round = 0; waiting.length > 0; round += 1) {
      if (round === MAX_ROUNDS)
        throw new TransientError(
          'ALERTS_CONTENDED',
          `${waiting.length} alerts were opened by others ${MAX_ROUNDS} times in a row`,
        );
      const drafts = await draft(waiting);
      const { lost } = await writeDrafts(tx, drafts, writing);
      changed += toldChanges(drafts.filter((each) => !lost.includes(each)));
      waiting = [...new Set(lost.map(keyOf))];
    }
    return { changed };
  }

  /** Ends the alerts of sites that were removed, and moves every other alert of an org whose time has come. */
  async sweep(orgId: number, now: EpochMs): Promise<{ changed: number }> {
    // Removal comes first: nothing of a removed site, or of a rule that is no more, fires because its time has come.
    const removed = await this.inRounds((tx) => this.endRemovedSome(tx, orgId, now));
    const disabled = await this.inRounds((tx) => this.endDisabledSome(tx, orgId, now));
    const moved = await this.inRounds((tx) => this.sweepSome(tx, orgId, now));
    return { changed: removed + disabled + moved };
  }

  private timingOf(rule: AlertRuleId): AlertRule {
    return this.rules.book.of(rule, null).timing;
  }

  private async draft(
    tx: Queryable,
    { orgId, now }: Evaluation,
    subjects: readonly (readonly Observation[])[],
  ): Promise<AlertDraft[]> {
    const observations = subjects.flat();
    const stored = await lockAlerts(tx, orgId, observations);
    const ruleOf = await this.rules.forSubjects(tx, orgId, observations, now);
    return subjects.flatMap((list) => {
      const [first] = list;
      if (first === undefined) return [];
      const [rule, before] = [ruleOf(first), stored.get(keyOf(first)) ?? null];
      if (rule.isEnabled)
        return draftsOf(
          before,
          list.map((each) => asRuled(each, rule)),
          rule.timing,
          now,
        );
      return before === null || before.state.kind === 'ok' ? [] : [draftOfDisabled(before, rule.timing, now)];
    });
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

  private async endDisabledSome(tx: Transaction, orgId: number, now: EpochMs): Promise<{ changed: number; found: number }> {
    const { book } = this.rules;
    const open = await lockAlertsOfOtherRules(
      tx,
      orgId,
      book.ids.filter((id) => book.isAnywhere(id)),
      SWEEP_SIZE,
    );
    const drafts = open.map((alert) => draftOfDisabled(alert, this.timingOf(alert.rule), now));
    await writeDrafts(tx, drafts, { orgId, now, correlationId: null });
    return { changed: toldChanges(drafts), found: open.length };
  }

  private async sweepSome(tx: Transaction, orgId: number, now: EpochMs): Promise<{ changed: number; found: number }> {
    const due = await lockDueAlerts(tx, orgId, now, SWEEP_SIZE);
    const ruleOf = await this.rules.forSubjects(tx, orgId, due, now);
    const drafts = due.flatMap((alert) => draftOfTime(alert, ruleOf(alert).timing, now) ?? []);
    await writeDrafts(tx, drafts, { orgId, now, correlationId: null });
    return { changed: toldChanges(drafts), found: due.length };
  }
}

const toldChanges = (drafts: readonly AlertDraft[]): number =>
  drafts.reduce((sum, { changes }) => sum + changes.filter(({ isTold }) => isTold).length, 0);
