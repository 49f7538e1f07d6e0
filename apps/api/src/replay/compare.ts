import type { AlertRuleId, EpochMs, ReplayedAlert, Severity, Span } from '@app/domain';
import type { StoredAlert } from './replay.repository.js';

export interface ReplayedRule {
  readonly rule: AlertRuleId;
  /** As the rules are now, over the same hours. */
  readonly now: { readonly alerts: number };
  readonly changed: { readonly alerts: number; readonly bySeverity: Readonly<Record<string, number>> };
  /** What there was: alerts, how many of them people were told of, and notices that receivers took of their incidents. */
  readonly stored: { readonly alerts: number; readonly told: number; readonly sent: number };
  /** Against what there was. */
  readonly kept: number;
  readonly added: number;
  readonly gone: number;
  readonly newAlerts: readonly ReplayedEntry[];
  readonly goneAlerts: readonly ReplayedEntry[];
}

export interface ReplayedEntry {
  /** Number of the stored alert; `null` = there was none. */
  readonly alertId: number | null;
  /** Id of the circuit or site. */
  readonly subject: string;
  readonly severity: Severity;
  readonly firedAt: EpochMs;
  readonly resolvedAt: EpochMs | null;
}

/** Alerts of a rule, also those that fired before the span. */
interface Comparison {
  readonly id: AlertRuleId;
  readonly span: Span;
  readonly now: readonly ReplayedAlert[];
  readonly changed: readonly ReplayedAlert[];
  readonly stored: readonly StoredAlert[];
  readonly sent: number;
  readonly nameOf: (subject: string) => string;
}

/** Alerts named one by one; beyond that, the counts speak. */
const MOST_NAMED = 200;

type Times = Pick<ReplayedAlert, 'subject' | 'firedAt' | 'resolvedAt'>;

/** Two alerts of one subject whose times touch are one and the same trouble. */
export const isSame = (a: Times, b: Times): boolean =>
  a.subject === b.subject && a.firedAt <= (b.resolvedAt ?? Infinity) && b.firedAt <= (a.resolvedAt ?? Infinity);

function apart<A extends Times>(some: readonly A[], others: readonly Times[]): A[] {
  const bySubject = new Map<string, Times[]>();
  for (const other of others) bySubject.set(other.subject, [...(bySubject.get(other.subject) ?? []), other]);
  return some.filter((each) => !(bySubject.get(each.subject) ?? []).some((other) => isSame(each, other)));
}

const byTime = (a: Times, b: Times): number => a.firedAt - b.firedAt || (a.subject < b.subject ? -1 : 1);

/** What fired inside a span; the rest is there to know it again when the other side fired sooner. */
export const firedInside = <A extends Pick<Times, 'firedAt'>>(alerts: readonly A[], { from, to }: Span): A[] =>
  alerts.filter(({ firedAt }) => firedAt >= from && firedAt < to);

/** What a changed rule would have opened inside a span beside what was there. */
export function compared({ id, span, sent, nameOf, ...all }: Comparison): ReplayedRule {
  const changed = firedInside(all.changed, span);
  const stored = firedInside(all.stored, span);
  const added = apart(changed, all.stored).sort(byTime);
  const gone = apart(stored, all.changed).sort(byTime);
  const bySeverity: Record<string, number> = {};
  for (const { severity } of changed) bySeverity[severity] = (bySeverity[severity] ?? 0) + 1;
  const entryOf = (
    { subject, severity, firedAt, resolvedAt }: Times & { readonly severity: Severity },
    alertId: number | null,
  ) => ({
    alertId,
    subject: nameOf(subject),
    severity,
    firedAt,
    resolvedAt,
  });
  return {
    rule: id,
    now: { alerts: firedInside(all.now, span).length },
    changed: { alerts: changed.length, bySeverity },
    stored: { alerts: stored.length, told: stored.filter(({ isTold }) => isTold).length, sent },
    kept: changed.length - added.length,
    added: added.length,
    gone: gone.length,
    newAlerts: added.slice(0, MOST_NAMED).map((alert) => entryOf(alert, null)),
    goneAlerts: gone.slice(0, MOST_NAMED).map((alert) => entryOf(alert, alert.id)),
  };
}
