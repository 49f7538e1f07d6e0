import {
  longerHold,
  parentAt,
  silencedBy,
  suppressionOf,
  type AlertRuleId,
  type Circumstances,
  type EpochMs,
  type Hold,
  type HoldingSilence,
  type PastChange,
  type PastMember,
  type Span,
} from '@app/domain';
import { maintenanceAt, maintenanceWindows, type MaintenanceNow, type Queryable, type TriedSilence } from '@app/shared';
import { readChanges } from './past-incidents.repository.js';

/** Silences as they held: from when somebody entered them, until somebody ended them. */
export async function pastSilences(db: Queryable, orgId: number, { from, to }: Span): Promise<TriedSilence[]> {
  const rows = await db.query<{ matcher: TriedSilence['matcher']; from: Date; to: Date }>(
    `select matcher, greatest(from_at, created_at) as "from", least(to_at, coalesce(ended_at, to_at)) as "to" from silence
     where org_id = $1 and to_at > $2 and from_at < $3 and coalesce(ended_at, to_at) > greatest(from_at, created_at) order by id`,
    [orgId, new Date(from), new Date(to)],
  );
  return rows.map(({ matcher, from: begins, to: ends }) => ({ matcher, from: begins.getTime(), to: ends.getTime() }));
}

/** What was under maintenance, from one change of it to the next. */
export interface PastMaintenance {
  readonly edges: readonly EpochMs[];
  /** From each edge on. */
  readonly covers: readonly MaintenanceNow[];
}

/** More changes than this are asked of the database one by one for nobody. */
const MOST_EDGES = 2_000;
/** Changes times sites that are kept in memory: two months of nightly windows of 1,600 sites, say. */
const MOST_COVERS = 200_000;

/** `null` = it changed too often to be asked. */
export async function pastMaintenance(
  db: Queryable,
  orgId: number,
  span: Span,
  siteIds: readonly number[],
): Promise<PastMaintenance | null> {
  const windows = await maintenanceWindows(db, orgId, span);
  const edges = [...new Set(windows.flatMap(({ from, to }) => [Math.max(from, span.from), to]))]
    .filter((at) => at < span.to)
    .sort((a, b) => a - b);
  if (edges.length > MOST_EDGES || edges.length * siteIds.length > MOST_COVERS) return null;
  const covers: MaintenanceNow[] = [];
  for (const at of edges) covers.push(await maintenanceAt(db, orgId, siteIds, at));
  return { edges, covers };
}

/** Site-down alerts of these sites by site, oldest first. */
export async function pastParents(
  db: Queryable,
  orgId: number,
  siteIds: readonly number[],
  { from, to }: Span,
): Promise<Map<number, (readonly PastChange[])[]>> {
  const rows = await db.query<{ id: number; siteId: number }>(
    `select id, site_id as "siteId" from alert where org_id = $1 and rule = 'site-down' and subject = any($2)
       and since < $4 and (resolved_at is null or resolved_at > $3) order by id`,
    [orgId, siteIds.map((id) => `site:${String(id)}`), new Date(from), new Date(to)],
  );
  const changes = await readChanges(
    db,
    orgId,
    rows.map(({ id }) => id),
  );
  const bySite = new Map<number, (readonly PastChange[])[]>();
  for (const { id, siteId } of rows) bySite.set(siteId, [...(bySite.get(siteId) ?? []), changes.get(id) ?? []]);
  return bySite;
}

interface Known {
  readonly silences: readonly TriedSilence[];
  readonly maintenance: PastMaintenance;
  readonly parents: ReadonlyMap<number, readonly (readonly PastChange[])[]>;
  readonly graceMs: number;
}

/** What people held back at an instant. */
interface HeldAt {
  readonly at: EpochMs;
  readonly silences: readonly HoldingSilence[];
  readonly cover: MaintenanceNow | undefined;
}

/** What held back the notices of an incident with these members. */
export function circumstancesOf(
  { silences, maintenance, parents, graceMs }: Known,
  members: readonly PastMember[],
): Circumstances {
  const sites = [...new Set(members.flatMap(({ siteId }) => siteId ?? []))];
  const ofParents = sites.flatMap((id) => (parents.get(id) ?? []).flat().map(({ at }) => at));
  const ofSilences = silences.flatMap(({ from, to }) => [from, to]);
  // All members are asked about one instant after the other.
  let held: HeldAt | null = null;
  const heldAt = (at: EpochMs): HeldAt =>
    held?.at === at ? held : (held = { at, silences: holdingAt(silences, at), cover: coverAt(maintenance, at) });
  return {
    edges: [...ofSilences, ...maintenance.edges, ...ofParents],
    suppressionAt: (member, severity, at) => {
      const parent = member.siteId === null ? null : parentAt(parents.get(member.siteId) ?? [], at);
      const rule = member.subject.rule as AlertRuleId;
      const explained = suppressionOf(rule, parent, at, graceMs);
      if (explained !== null) return explained;
      const { silences: holding, cover } = heldAt(at);
      const silence = holding.length === 0 ? null : silencedBy(holding, { ...member.subject, severity });
      return longerHold(silence, cover === undefined ? null : maintainedBy(cover, member));
    },
  };
}

const holdingAt = (silences: readonly TriedSilence[], at: EpochMs): HoldingSilence[] =>
  silences.flatMap(({ from, to, matcher }, id) => (from <= at && at < to ? [{ id, to, matcher }] : []));

const coverAt = ({ edges, covers }: PastMaintenance, at: EpochMs): MaintenanceNow | undefined =>
  covers[edges.findLastIndex((edge) => edge <= at)];

/** A circuit by its own windows or those of its site, a site by those of its own, everything by those of the org. */
function maintainedBy({ org, sites, circuits }: MaintenanceNow, { siteId, circuitId }: PastMember): Hold | null {
  const holding = [circuitId === null ? null : circuits.get(circuitId), siteId === null ? null : sites.get(siteId), org];
  return holding
    .flatMap((cover) => cover ?? [])
    .reduce<Hold | null>(
      (longest, { id, to }) => longerHold(longest, { reason: 'in-maintenance', by: `maintenance:${id}`, until: to }),
      null,
    );
}
