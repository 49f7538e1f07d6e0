import { activeBackupOf, observationsOfFailover, type EpochMs, type Observation } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { Evaluated } from './evaluate.js';

interface NewestAlert {
  readonly isOpen: boolean;
  readonly observedAt: EpochMs;
}

async function newestAlerts(db: Queryable, orgId: number, circuitIds: readonly number[]): Promise<Map<number, NewestAlert>> {
  if (circuitIds.length === 0) return new Map();
  const rows = await db.query<{ id: number; is_open: boolean; observed_at: Date }>(
    `select u.id, a.status <> 'resolved' as is_open, a.observed_at from unnest($2::int[]) as u (id)
     cross join lateral (select status, observed_at from alert where org_id = $1 and rule = 'failover' and subject = 'circuit:' || u.id order by id desc limit 1) a`,
    [orgId, circuitIds],
  );
  return new Map(rows.map((row) => [row.id, { isOpen: row.is_open, observedAt: row.observed_at.getTime() }]));
}

/**
 * What the failover rule sees of these sites: primaries that are failed over, and those whose alert is open. What was only imported alarms nobody.
 * Every answer counts as newer than the last one, also when late data change it in the same moment.
 */
export async function failoverObservations(
  db: Queryable,
  orgId: number,
  evaluated: readonly Evaluated[],
  now: EpochMs,
): Promise<Observation[]> {
  const live = evaluated.filter(({ site }) => !site.isRemoved);
  const circuits = live.flatMap(({ site, open }) =>
    site.circuits.filter(({ isLive }) => isLive).map((circuit) => ({ site, open, circuit })),
  );
  const alerts = await newestAlerts(
    db,
    orgId,
    circuits.map(({ circuit }) => circuit.id),
  );
  return circuits.flatMap(({ site, open, circuit }) => {
    const failover = open.find(({ primaryId }) => primaryId === circuit.id);
    const alert = alerts.get(circuit.id);
    if (failover === undefined && alert?.isOpen !== true) return [];
    const nameOf = (circuitId: number): string => site.circuits.find(({ id }) => id === circuitId)?.name ?? '?';
    return observationsOfFailover({
      siteId: site.id,
      siteName: site.name,
      circuitId: circuit.id,
      circuitName: circuit.name,
      backup: failover === undefined ? null : { since: failover.startedAt, name: nameOf(activeBackupOf(failover)) },
      at: Math.max(now, (alert?.observedAt ?? -Infinity) + 1),
    });
  });
}
