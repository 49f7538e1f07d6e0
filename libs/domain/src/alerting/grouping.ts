import type { AlertRuleId } from './alert.js';

/** What alerts can be told together by. */
export const GROUP_SCOPES = ['org', 'site', 'region', 'provider', 'rule'] as const;
export type GroupScope = (typeof GROUP_SCOPES)[number];
export type GroupBy = Readonly<Partial<Record<AlertRuleId, GroupScope>>>;

/** What decides about the group of an alert; `region` and `provider` are null where nobody knows them. */
export interface GroupedAlert {
  readonly rule: AlertRuleId;
  readonly siteId: number | null;
  readonly region?: string | null;
  readonly provider?: string | null;
}

/** What concerns people rather than lines. */
const isAboutService = (rule: AlertRuleId): boolean => rule === 'sle' || rule === 'health-drop';

const scopeOf = ({ rule }: GroupedAlert, groupBy: GroupBy): GroupScope =>
  groupBy[rule] ?? (isAboutService(rule) ? 'org' : 'site');

/**
 * What belongs together is told together: unless the configuration says otherwise SLE and health by org, WAN by site, and apart from both what keeps us from
 * seeing anything. Where the region or the carrier is not known, the site is the group.
 */
export function groupKeyOf(alert: GroupedAlert, groupBy: GroupBy = {}): string {
  const { rule, siteId, region, provider } = alert;
  const scope = scopeOf(alert, groupBy);
  if (scope === 'rule') return `rule:${rule}`;
  if (siteId === null) return isAboutService(rule) ? 'sle' : 'collection';
  const family = isAboutService(rule) ? 'sle' : 'wan';
  if (scope === 'org') return family;
  if (scope === 'region' && region != null) return `${family}:region:${region}`;
  if (scope === 'provider' && provider != null) return `${family}:provider:${provider}`;
  return `${family}:site:${siteId}`;
}

/** Groups of single sites; only they take part in outages of a carrier, a region or the org. */
export const isGroupOfSite = (groupKey: string): boolean => groupKey.startsWith('wan:site:');

/** The group of each alert: an alert of a site goes where those of its site are told now, which may be an outage of many sites. */
export function assignGroups(
  alerts: readonly GroupedAlert[],
  ofSite: ReadonlyMap<number, string>,
  groupBy: GroupBy = {},
): string[] {
  return alerts.map((alert) => {
    const key = groupKeyOf(alert, groupBy);
    return isGroupOfSite(key) && alert.siteId !== null ? (ofSite.get(alert.siteId) ?? key) : key;
  });
}
