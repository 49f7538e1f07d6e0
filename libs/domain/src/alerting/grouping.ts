import type { EpochMs } from '../sample.js';
import type { AlertRuleId } from './alert.js';

/** What belongs together is told together: SLE by org, WAN by site. */
export function groupKeyOf(alert: { readonly rule: AlertRuleId; readonly siteId: number | null }): string {
  return alert.rule === 'sle' || alert.siteId === null ? 'sle' : `wan:site:${alert.siteId}`;
}

/** The WAN incidents of an org that new alerts may belong to. */
export interface OpenGroups {
  /** Group of the open incident that a site's WAN alerts are in. */
  readonly ofSite: ReadonlyMap<number, string>;
  /** How many sites got an incident of their own within the last group interval. */
  readonly recentSites: number;
  /** The incident of many sites that still takes more; `null` when there is none. */
  readonly many: string | null;
}

/** More sites than this within a group interval are one incident: something bigger broke, and nobody reads thousands of mails. */
export const MANY_SITES = 5;

export const MANY_SITES_PREFIX = 'wan:many:';

/** The group of each alert. An alert goes where those of its site are; too many sites at once go together. */
export function assignGroups(
  alerts: readonly { readonly rule: AlertRuleId; readonly siteId: number | null }[],
  open: OpenGroups,
  now: EpochMs,
): string[] {
  const isNewSite = ({ rule, siteId }: { rule: AlertRuleId; siteId: number | null }): boolean =>
    rule !== 'sle' && siteId !== null && !open.ofSite.has(siteId);
  const newSites = new Set(alerts.filter(isNewSite).map(({ siteId }) => siteId)).size;
  const many = open.many ?? (open.recentSites + newSites > MANY_SITES ? `${MANY_SITES_PREFIX}${now}` : null);
  return alerts.map((alert) => {
    if (isNewSite(alert)) return many ?? groupKeyOf(alert);
    return (alert.rule === 'sle' || alert.siteId === null ? undefined : open.ofSite.get(alert.siteId)) ?? groupKeyOf(alert);
  });
}
