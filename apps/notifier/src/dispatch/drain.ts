import { assignGroups, groupKeyOf, type EpochMs, type NoticeSettings } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import { describeIncident } from './describe-incident.js';
import { joinIncidents, wakeIncidents, type NewMember } from './incidents.repository.js';
import { lockGrouping, readOpenGroups } from './groups.repository.js';
import { takeOutbox, type ChangedAlert } from './outbox.repository.js';

const DRAIN_SIZE = 500;

/** First stage: what changed is put into incidents, and the incidents it concerns are looked at again. Returns how many rows were taken. */
export async function drainOutbox(database: Database, orgId: number, now: EpochMs, settings: NoticeSettings): Promise<number> {
  let total = 0;
  for (let isMore = true; isMore;) {
    const taken = await database.transaction((tx) => fold(tx, orgId, now, settings));
    total += taken;
    isMore = taken === DRAIN_SIZE;
  }
  return total;
}

async function fold(
  tx: Queryable,
  orgId: number,
  now: EpochMs,
  { groupWaitMs, groupIntervalMs }: NoticeSettings,
): Promise<number> {
  await lockGrouping(tx, orgId);
  const { taken, alerts } = await takeOutbox(tx, orgId, now, DRAIN_SIZE);
  // Only what is going on opens an incident; what is over already never concerned anybody.
  const active = alerts.filter(({ status }) => status === 'firing' || status === 'acknowledged');
  const open = await readOpenGroups(
    tx,
    orgId,
    active.flatMap(({ siteId }) => siteId ?? []),
    now - groupIntervalMs,
  );
  const groups = assignGroups(active, open, now);
  await joinIncidents(
    tx,
    orgId,
    active.map((alert, i) => asMember(alert, groups[i] ?? groupKeyOf(alert))),
    { now, groupWaitMs },
  );
  await wakeIncidents(tx, orgId, alerts, now);
  return taken;
}

function asMember({ alertId, rule, siteId, severity, status, details, firedAt }: ChangedAlert, groupKey: string): NewMember {
  const member = {
    alertId,
    rule,
    siteId,
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
