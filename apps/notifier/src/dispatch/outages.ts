import {
  affectedSites,
  outageIndex,
  planOutages,
  totalsOf,
  type NoticeSettings,
  type OutageSettings,
  type OutageTopology,
  type PlannedOutage,
} from '@app/domain';
import type { Queryable } from '@app/shared';
import { endTickets } from './end-tickets.js';
import {
  closeFolded,
  lockFoldable,
  moveMembers,
  nameCause,
  openOutage,
  readDownSites,
  readEvidence,
  readOpenOutages,
  type OutageScope,
} from './outages.repository.js';

export interface FoldSettings {
  readonly notices: NoticeSettings;
  readonly outage: OutageSettings;
  /** Channels of tickets and pages, which stay open until they are ended. */
  readonly hearingChannels: readonly string[];
}

/**
 * Folds what fell together into one incident of its probable cause. Judged anew from everything that is wrong now, so the order of arrival does not
 * matter; what single sites were told before goes on in the outage. The topology is asked for only where several sites are affected.
 */
export async function foldOutages(
  tx: Queryable,
  scope: OutageScope,
  settings: FoldSettings,
  topologyOf: (tx: Queryable) => Promise<OutageTopology>,
): Promise<void> {
  const { outage } = settings;
  const evidence = await readEvidence(tx, scope);
  if (new Set(evidence.map(({ siteId }) => siteId)).size < outage.minSites) return;
  const topology = await topologyOf(tx);
  const affected = affectedSites(evidence, await readDownSites(tx, scope.orgId), outageIndex(topology));
  const plan = planOutages(affected, await readOpenOutages(tx, scope.orgId), totalsOf(topology), outage);
  if (plan.length === 0) return;
  const isOpen = await lockFoldable(tx, scope.orgId, plan);
  for (const planned of plan) {
    const { id } = planned;
    await carryOut(tx, scope, id !== null && !isOpen.has(id) ? { ...planned, id: null } : planned, settings);
  }
}

async function carryOut(tx: Queryable, scope: OutageScope, planned: PlannedOutage, settings: FoldSettings): Promise<void> {
  if (planned.id !== null) await nameCause(tx, scope, planned.id, planned);
  if (planned.siteIds.length === 0) return;
  const id = planned.id ?? (await openOutage(tx, scope, planned, settings.notices.groupWaitMs));
  const sources = await moveMembers(tx, scope, id, planned.siteIds);
  const incidentIds = await closeFolded(tx, scope, id, sources);
  await endTickets(tx, { orgId: scope.orgId, outageId: id, incidentIds }, settings.hearingChannels, scope.now);
}
