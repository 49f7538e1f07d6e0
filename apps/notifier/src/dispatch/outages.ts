import { planOutages, type NoticeSettings, type OutageSettings, type PlannedOutage } from '@app/domain';
import type { Queryable } from '@app/shared';
import {
  closeFolded,
  lockFoldable,
  moveMembers,
  nameCause,
  openOutage,
  readAffected,
  readOpenOutages,
  readOutageTotals,
  type OutageScope,
} from './outages.repository.js';

/**
 * Folds what fell together into one incident of its probable cause. Judged anew from everything that is wrong now, so the order of arrival does not
 * matter; what single sites were told before goes on in the outage.
 */
export async function foldOutages(
  tx: Queryable,
  scope: OutageScope,
  outage: OutageSettings,
  { groupWaitMs }: NoticeSettings,
): Promise<void> {
  const affected = await readAffected(tx, scope);
  if (affected.length < outage.minSites) return;
  const open = await readOpenOutages(tx, scope.orgId);
  const plan = planOutages(affected, open, await readOutageTotals(tx, scope), outage);
  if (plan.length === 0) return;
  const isOpen = await lockFoldable(tx, scope.orgId, plan);
  for (const planned of plan) {
    const { id } = planned;
    await carryOut(tx, scope, id !== null && !isOpen.has(id) ? { ...planned, id: null } : planned, groupWaitMs);
  }
}

async function carryOut(tx: Queryable, scope: OutageScope, planned: PlannedOutage, groupWaitMs: number): Promise<void> {
  if (planned.id !== null) await nameCause(tx, scope, planned.id, planned);
  if (planned.siteIds.length === 0) return;
  const id = planned.id ?? (await openOutage(tx, scope, planned, groupWaitMs));
  const sources = await moveMembers(tx, scope, id, planned.siteIds);
  await closeFolded(tx, scope, id, sources);
}
