import type { AlertRuleId } from './alert.js';

/** What falls together is told together: SLE by org, WAN by site. */
export function groupKeyOf(alert: { readonly rule: AlertRuleId; readonly siteId: number | null }): string {
  return alert.rule === 'sle' || alert.siteId === null ? 'sle' : `wan:site:${alert.siteId}`;
}
