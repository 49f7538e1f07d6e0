import { groupKeyOf, type EpochMs, type NoticeSettings } from '@app/domain';
import type { Database, Queryable } from '@app/shared';
import { describeIncident } from './describe-incident.js';
import { joinIncidents, wakeIncidents, type NewMember } from './incidents.repository.js';
import { takeOutbox, type ChangedAlert } from './outbox.repository.js';

const DRAIN_SIZE = 500;

/** First stage: what changed is put into incidents, and the incidents it concerns are looked at again. Returns how many rows were taken. */
export async function drainOutbox(database: Database, orgId: number, now: EpochMs, settings: NoticeSettings): Promise<number> {
  let total = 0;
  for (let isMore = true; isMore; ) {
    const taken = await database.transaction((tx) => fold(tx, orgId, now, settings));
    total += taken;
    isMore = taken === DRAIN_SIZE;
  }
  return total;
}

async function fold(tx: Queryable, orgId: number, now: EpochMs, { groupWaitMs }: NoticeSettings): Promise<number> {
  const { taken, alerts } = await takeOutbox(tx, orgId, now, DRAIN_SIZE);
  await joinIncidents(tx, orgId, alerts.flatMap(asMember), now, groupWaitMs);
  await wakeIncidents(tx, orgId, alerts, now);
  return taken;
}

/** Only what is going on opens an incident; what is over already never concerned anybody. */
function asMember({ alertId, rule, siteId, severity, status, details, firedAt }: ChangedAlert): NewMember[] {
  if (status !== 'firing' && status !== 'acknowledged') return [];
  const member = { alertId, rule, siteId, severity, status, details, siteName: details.siteName, since: firedAt ?? 0, resolvedAt: null, isTold: false, suppression: null };
  return [{ alertId, severity, groupKey: groupKeyOf({ rule, siteId }), title: describeIncident([member], 'opened').title }];
}
