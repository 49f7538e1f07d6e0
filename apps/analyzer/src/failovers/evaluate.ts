import {
  DAY_MS,
  failoverFigures,
  legsOf,
  primarySpans,
  UNKNOWN_BANDWIDTH,
  type BackupInput,
  type EpochMs,
  type Failover,
} from '@app/domain';
import type { Copying, Queryable } from '@app/shared';
import { bandwidthsOf } from '../facts/bandwidth.repository.js';
import { loadObserved, type Asked } from './observed.repository.js';
import { agree, goesOnAt, runAll, SiteRun, type Due, type Found, type RunRules } from './runs.js';
import { loadSites, oldestStored, type SiteOfFailovers } from './sites.repository.js';
import {
  areObserved,
  deleteFailovers,
  storedFailovers,
  upsertFailovers,
  type FailoverRow,
  type StoredFailover,
} from './stored.repository.js';

/** A site after its failovers were found anew up to now; sites whose past alone changed are not told of. */
export interface Evaluated {
  readonly site: SiteOfFailovers;
  readonly open: readonly Failover[];
  readonly isUnsettled: boolean;
}

/** Finds the failovers of these sites anew from just before what is new, and stores them. */
export async function evaluateSites(db: Copying, orgId: number, dues: readonly Due[], how: RunRules): Promise<Evaluated[]> {
  const { maxGapMs } = how.rules;
  const sites = await loadSites(
    db,
    orgId,
    dues.map(({ siteId }) => siteId),
  );
  const since = Math.min(...dues.map(({ from }) => from)) - maxGapMs;
  const stored = await storedFailovers(
    db,
    orgId,
    sites.map(({ id }) => id),
    since,
  );
  const floors = await floorsOf(db, orgId, { sites, dues }, how);
  const runs = sites.flatMap((site) => {
    const [due, own] = [dues.find(({ siteId }) => siteId === site.id), ofSite(stored, site)];
    if (due === undefined || !couldFailOver(site, own)) return [];
    const start = Math.max(due.from - maxGapMs, floors.get(site.id) ?? -Infinity);
    return !Number.isFinite(start) || start > due.to ? [] : [new SiteRun(site, due, start, own)];
  });
  await runAll(db, orgId, runs, how);
  const outcomes = runs.flatMap((run) => (run.result === null ? [] : [{ run, found: run.result }]));
  const touched: { readonly site: SiteOfFailovers; readonly failover: Failover }[] = [];
  for (const { run, found } of outcomes) {
    const kept = await reconcile(db, orgId, found, ofSite(stored, run.site));
    const isDue = (each: Failover): boolean => isTouched(each, run.due, how) && !isMeasured(each, run.due, stored, how);
    touched.push(...kept.filter(isDue).map((failover) => ({ site: run.site, failover })));
  }
  await upsertFailovers(db, orgId, await withFigures(db, orgId, touched, how));
  const never = sites.filter((site) => !couldFailOver(site, ofSite(stored, site)));
  const upToNow = outcomes.filter(({ found }) => found.to === Infinity);
  return [
    ...never.map((site) => ({ site, open: [], isUnsettled: false })),
    ...upToNow.map(({ run: { site }, found: { failovers, isUnsettled } }) => ({
      site,
      open: failovers.filter(({ endedAt }) => endedAt === null),
      isUnsettled,
    })),
  ];
}

const ofSite = (stored: readonly StoredFailover[], { id }: SiteOfFailovers): StoredFailover[] =>
  stored.filter(({ siteId }) => siteId === id);

const couldFailOver = ({ circuits }: SiteOfFailovers, stored: readonly StoredFailover[]): boolean =>
  stored.length > 0 || circuits.some(({ roles }) => primarySpans(roles).length > 0);

/** Everything before was made of samples that are gone: it stays as it is stored. Asked only about what lies far back. */
async function floorsOf(
  db: Queryable,
  orgId: number,
  { sites, dues }: { readonly sites: readonly SiteOfFailovers[]; readonly dues: readonly Due[] },
  { now, rules }: RunRules,
): Promise<Map<number, EpochMs>> {
  const far = new Set(dues.filter(({ from }) => from < now - DAY_MS).map(({ siteId }) => siteId));
  const asked = sites.filter(({ id }) => far.has(id));
  const oldest = await oldestStored(
    db,
    orgId,
    asked.flatMap(({ circuits }) => circuits.map(({ id }) => id)),
  );
  return new Map(
    asked.map(({ id, circuits }) => {
      const stored = Math.min(...circuits.map((circuit) => oldest.get(circuit.id) ?? Infinity));
      const first = Math.min(...circuits.map(({ firstObservedAt }) => firstObservedAt ?? Infinity));
      return [id, first < stored ? stored + 2 * rules.maxGapMs : stored];
    }),
  );
}

/** Near enough to what is new for its figures to be other ones, or with another end. */
const isTouched = (failover: Failover, { from, to }: Due, { now, rules }: RunRules): boolean =>
  (failover.endedAt ?? Math.max(now, failover.startedAt)) >= from - rules.maxGapMs && failover.startedAt <= to + rules.maxGapMs;

/** A failover that goes on unchanged is measured ever more rarely, as it gets longer: each time its whole past is read. */
const REMEASURE_SHARE = 0.02;

function isMeasured(failover: Failover, { from }: Due, stored: readonly StoredFailover[], { now, rules }: RunRules): boolean {
  const before = stored.find(({ primaryId, startedAt }) => primaryId === failover.primaryId && startedAt === failover.startedAt);
  if (before === undefined || failover.endedAt !== null || before.endedAt !== null) return false;
  if (!agree(before, failover, Infinity) || from < before.measuredAt - 2 * rules.maxGapMs) return false;
  return now - before.measuredAt < REMEASURE_SHARE * (now - failover.startedAt);
}

/**
 * Takes away what is stored and was not found, and returns what is to be stored. What rests on samples that are gone cannot be found again: it
 * stays, and so does its end.
 */
async function reconcile(db: Queryable, orgId: number, found: Found, stored: readonly StoredFailover[]): Promise<Failover[]> {
  const inQuestion = stored.filter(
    (each) => goesOnAt(each, found.from) || (each.startedAt >= found.from && each.startedAt < found.to),
  );
  const matching = (each: Failover, others: readonly Failover[]): Failover | undefined =>
    others.find(({ primaryId, startedAt }) => primaryId === each.primaryId && startedAt === each.startedAt);
  const missing = inQuestion.filter((each) => matching(each, found.failovers) === undefined);
  const proofs = await areObserved(
    db,
    orgId,
    missing.map(({ primaryId, startedAt }) => ({ circuitId: primaryId, at: startedAt })),
  );
  await deleteFailovers(
    db,
    orgId,
    missing.filter((_, i) => proofs[i] === true).map(({ id }) => id),
  );
  const kept = missing.filter((_, i) => proofs[i] !== true);
  const result: Failover[] = [];
  for (const each of found.failovers) {
    if (kept.some((other) => other.primaryId === each.primaryId && overlaps(each, other))) continue;
    const before = matching(each, inQuestion);
    const isCut = each.endedAt === null && found.to !== Infinity;
    if (before !== undefined && (isCut || (await hasEndOfGoneSamples(db, orgId, each, before)))) result.push(before);
    else result.push(each);
  }
  return result;
}

const overlaps = (a: Failover, b: Failover): boolean =>
  a.startedAt < (b.endedAt ?? Infinity) && b.startedAt < (a.endedAt ?? Infinity);

async function hasEndOfGoneSamples(db: Queryable, orgId: number, found: Failover, before: Failover): Promise<boolean> {
  if (before.endedAt === null || before.endedAt === found.endedAt || before.endedBy === 'role') return false;
  const [isThere] = await areObserved(db, orgId, [{ circuitId: before.primaryId, at: before.endedAt }]);
  return isThere !== true;
}

async function withFigures(
  db: Copying,
  orgId: number,
  failovers: readonly { readonly site: SiteOfFailovers; readonly failover: Failover }[],
  { now, rules: { maxGapMs } }: RunRules,
): Promise<FailoverRow[]> {
  const asked = failovers.flatMap(({ site, failover }, i) =>
    legsOf(failover, now).flatMap((leg) => {
      const circuit = site.circuits.find(({ id }) => id === leg.circuitId);
      return circuit === undefined ? [] : [{ i, circuit, from: leg.from - maxGapMs, to: leg.to + maxGapMs + 1 }];
    }),
  );
  const wide = [...asked.reduce((all, each) => widen(all, each), new Map<string, Asked & { readonly i: number }>()).values()];
  const observed = await loadObserved(db, orgId, wide);
  const bandwidths = await bandwidthsOf(db, orgId, [...new Set(wide.map(({ circuit }) => circuit.id))]);
  return failovers.map(({ site, failover }, i) => {
    const backups = new Map<number, BackupInput>();
    wide.forEach((each, j) => {
      const found = observed[j];
      if (each.i !== i || found === undefined) return;
      backups.set(each.circuit.id, { ...found, bandwidthAt: bandwidths.get(each.circuit.id) ?? (() => UNKNOWN_BANDWIDTH) });
    });
    const figures = failoverFigures(failover, backups, { now, maxGapMs });
    return { siteId: site.id, failover, figures, measuredAt: failover.endedAt ?? now };
  });
}

/** One stretch per failover and circuit, also where a circuit carried more than once. */
function widen<A extends Asked & { readonly i: number }>(all: Map<string, A>, each: A): Map<string, A> {
  const key = `${each.i} ${each.circuit.id}`;
  const other = all.get(key);
  return all.set(
    key,
    other === undefined ? each : { ...other, from: Math.min(other.from, each.from), to: Math.max(other.to, each.to) },
  );
}
