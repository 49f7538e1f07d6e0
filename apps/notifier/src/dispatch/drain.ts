import { assignGroups, type AlertRuleId, type EpochMs, type GroupBy, type GroupedAlert, type OutageTopology } from '@app/domain';
import { lockIncidents, type Database, type Queryable } from '@app/shared';
import { describeIncident } from './describe-incident.js';
import { joinIncidents, wakeIncidents, type NewMember } from './incidents.repository.js';
import { readOpenGroups, readPlaces } from './groups.repository.js';
import { foldOutages, type FoldSettings } from './outages.js';
import { readTopology } from './outages.repository.js';
import { takeOutbox, type ChangedAlert } from './outbox.repository.js';

const DRAIN_SIZE = 500;

/** How changed alerts become incidents. */
export interface GroupingSettings extends FoldSettings {
  readonly groupBy: GroupBy;
}

/** First stage: what changed is put into incidents, and the incidents it concerns are looked at again. Returns how many rows were taken. */
export async function drainOutbox(database: Database, orgId: number, now: EpochMs, settings: GroupingSettings): Promise<number> {
  let topology: Promise<OutageTopology> | null = null;
  const topologyOf = (tx: Queryable): Promise<OutageTopology> => (topology ??= readTopology(tx, orgId, now));
  let total = 0;
  for (let isMore = true; isMore;) {
    const taken = await database.transaction((tx) => fold(tx, { orgId, now, topologyOf }, settings));
    total += taken;
    isMore = taken === DRAIN_SIZE;
  }
  return total;
}

const OUTAGE_RULES: ReadonlySet<AlertRuleId> = new Set<AlertRuleId>(['site-down', 'circuit-down']);

interface Draining {
  readonly orgId: number;
  readonly now: EpochMs;
  /** Read once for all that is drained together. */
  readonly topologyOf: (tx: Queryable) => Promise<OutageTopology>;
}

async function fold(tx: Queryable, { orgId, now, topologyOf }: Draining, settings: GroupingSettings): Promise<number> {
  const { notices } = settings;
  // Two notifiers that group at once would each open an outage of the same sites.
  await lockIncidents(tx, orgId);
  const { taken, alerts } = await takeOutbox(tx, orgId, now, DRAIN_SIZE);
  // Only what is going on opens an incident; what is over already never concerned anybody.
  const active = alerts.filter(({ status }) => status === 'firing' || status === 'acknowledged');
  const keys = await groupsOf(tx, orgId, { active, now }, settings.groupBy);
  await joinIncidents(
    tx,
    orgId,
    active.map((alert, i) => asMember(alert, keys[i] ?? '')),
    { now, groupWaitMs: notices.groupWaitMs },
  );
  if (active.some(({ rule }) => OUTAGE_RULES.has(rule)))
    await foldOutages(tx, { orgId, now, recently: now - notices.groupIntervalMs }, settings, topologyOf);
  await wakeIncidents(tx, orgId, alerts, now);
  return taken;
}

async function groupsOf(
  tx: Queryable,
  orgId: number,
  { active, now }: { readonly active: readonly ChangedAlert[]; readonly now: EpochMs },
  groupBy: GroupBy,
): Promise<string[]> {
  const ofSite = await readOpenGroups(tx, orgId, [...new Set(active.flatMap(({ siteId }) => siteId ?? []))]);
  const placed = active.filter(({ rule }) => groupBy[rule] === 'region' || groupBy[rule] === 'provider');
  const places = await readPlaces(
    tx,
    orgId,
    placed.map(({ alertId }) => alertId),
    now,
  );
  const grouped = active.map(({ rule, siteId, alertId }): GroupedAlert => ({ rule, siteId, ...places.get(alertId) }));
  return assignGroups(grouped, ofSite, groupBy);
}

function asMember({ alertId, rule, siteId, severity, status, details, firedAt }: ChangedAlert, groupKey: string): NewMember {
  const member = {
    alertId,
    rule,
    siteId,
    circuitId: null,
    acknowledgedAt: null,
    severity,
    status,
    details,
    siteName: details.siteName,
    since: firedAt ?? 0,
    resolvedAt: null,
    isTold: false,
    isFlapping: false,
    isNewlyFlapping: false,
    suppression: null,
  };
  return { alertId, severity, groupKey, title: describeIncident([member], 'opened').title };
}
