import type { EpochMs } from '../sample.js';
import { isCustomRule, type AlertRuleId, type AlertStatus, type BuiltInRuleId } from './alert.js';

/** The site-down alert of a site, as far as it matters to what hangs below it. */
export interface ParentAlert {
  readonly status: AlertStatus;
  readonly resolvedAt: EpochMs | null;
}

export interface Suppression {
  readonly reason: 'site-may-be-down' | 'site-is-down' | 'site-came-back';
  /** When the child may be told if it still holds then; `null` = when the parent changes. */
  readonly until: EpochMs | null;
}

/** A member of an incident, as far as it matters to what follows from it. */
interface Follower {
  readonly rule: string;
  readonly circuitId: number | null;
  readonly isTold: boolean;
  readonly since: EpochMs;
  readonly resolvedAt: EpochMs | null;
}

/**
 * Which members of an incident follow from one that people were told of: when a circuit is down, its site is on the backup. That is worth reading, but
 * no reason to write again. A failover that began after the circuit was back has another reason.
 */
export function followsWhatWasTold(
  members: readonly Follower[],
): (member: Pick<Follower, 'rule' | 'circuitId' | 'since'>) => boolean {
  // Thousands of circuits may be down at once: looked up, not searched.
  const downUntil = new Map<number | null, EpochMs>();
  for (const { rule, isTold, circuitId, resolvedAt } of members)
    if (rule === 'circuit-down' && isTold && circuitId !== null)
      downUntil.set(circuitId, Math.max(resolvedAt ?? Infinity, downUntil.get(circuitId) ?? -Infinity));
  return ({ rule, circuitId, since }) => rule === 'failover' && since <= (downUntil.get(circuitId) ?? -Infinity);
}

/** Rules whose alerts follow from a site being down. */
const FOLLOWS_FROM_SITE_DOWN: Readonly<Record<BuiltInRuleId, boolean>> = {
  sle: true,
  'circuit-down': true,
  'site-down': false,
  failover: true,
  congestion: true,
  quality: true,
  flapping: true,
  'device-offline': true,
  'no-data': true,
  'collector-stopped': false,
  'token-trouble': false,
  trend: true,
  'health-drop': true,
};

/** Rules of the configuration are about circuits and sites: they follow too. */
const followsFromSiteDown = (rule: AlertRuleId): boolean => isCustomRule(rule) || FOLLOWS_FROM_SITE_DOWN[rule];

/**
 * Is an alert explained by its site being down? A pending site-down holds its children back too: whichever is seen first, people hear of the site.
 * After the site came back its children get `graceMs` to recover before they are told on their own.
 */
export function suppressionOf(rule: AlertRuleId, parent: ParentAlert | null, now: EpochMs, graceMs: number): Suppression | null {
  if (parent === null || !followsFromSiteDown(rule)) return null;
  switch (parent.status) {
    case 'pending':
      return { reason: 'site-may-be-down', until: null };
    case 'firing':
    case 'acknowledged':
      return { reason: 'site-is-down', until: null };
    case 'resolved': {
      const until = (parent.resolvedAt ?? now) + graceMs;
      return now < until ? { reason: 'site-came-back', until } : null;
    }
  }
}
