import type { EpochMs } from '../sample.js';
import { UNASSIGNED_REGION } from '../region.js';
import { isBuiltInRule, isCustomRule, type AlertRuleId } from './alert.js';
import { assignGroups, isGroupOfSite, type GroupBy } from './grouping.js';
import type { OutageCause } from './outage.js';
import type { PastAlert, PastIncident } from './past-incident.js';

/** An incident of the past while it is put together. */
export interface Ongoing {
  readonly id: number;
  readonly groupKey: string;
  readonly openedAt: EpochMs;
  readonly entries: { readonly alert: PastAlert; readonly joinedAt: EpochMs; movedAt: EpochMs | null }[];
  /** Members that are neither over nor elsewhere. */
  open: number;
  cause: OutageCause | null;
  readonly widenedAt: EpochMs[];
  closedAt: EpochMs | null;
  foldedInto: number | null;
}

/** An alert that is not over, and where it is told. */
export interface Placed {
  readonly alert: PastAlert;
  /** When it first joined any. */
  readonly joinedAt: EpochMs;
  readonly incident: Ongoing;
}

/** Only incidents of single sites, and outages, take part in outages. */
const isFoldable = ({ groupKey, cause }: Ongoing): boolean => isGroupOfSite(groupKey) || cause !== null;

/** Alerts that speak for an outage. */
const EVIDENCE: ReadonlySet<string> = new Set<AlertRuleId>(['site-down', 'circuit-down']);
export const isEvidence = ({ subject: { rule } }: PastAlert): boolean => EVIDENCE.has(rule);

const isRule = (rule: string): rule is AlertRuleId => isBuiltInRule(rule) || isCustomRule(rule);

/** Which alerts were told together as time goes on; the pure counterpart of what the notifier keeps in tables. */
export class PastGroups {
  private readonly all: Ongoing[] = [];
  private readonly openByKey = new Map<string, Ongoing>();
  private readonly placed = new Map<number, Placed>();
  private readonly ofSite = new Map<number, Set<Placed>>();
  /** What may speak for an outage: joined lately, or in one. */
  private readonly evidence = new Set<Placed>();

  constructor(private readonly groupBy: GroupBy) {}

  /** It fired: into the incident of its group. */
  join(alert: PastAlert, at: EpochMs): void {
    const key = this.keyOf(alert);
    const incident = this.openByKey.get(key) ?? this.open({ groupKey: key, openedAt: at, cause: null });
    this.put({ alert, joinedAt: at, incident }, at);
  }

  /** It is over, and its incident with the last. */
  end(alert: PastAlert, at: EpochMs): void {
    const placed = this.placed.get(alert.alertId);
    if (placed === undefined) return;
    this.take(placed);
    if (placed.incident.open === 0) this.close(placed.incident, at, null);
  }

  /** What speaks for outages as of `recently`, and which of it is recent. */
  evidenceSince(recently: EpochMs): Placed[] {
    for (const each of this.evidence)
      if (!isFoldable(each.incident) || (each.joinedAt <= recently && each.incident.cause === null)) this.evidence.delete(each);
    return [...this.evidence];
  }

  openOutages(): Ongoing[] {
    return [...this.openByKey.values()].filter(({ cause }) => cause !== null).sort((a, b) => a.id - b.id);
  }

  /** Open incidents of these sites that an outage may take members from. */
  foldableOf(siteIds: readonly number[]): Ongoing[] {
    const incidents = siteIds.flatMap((id) => [...(this.ofSite.get(id) ?? [])].map(({ incident }) => incident));
    return [...new Set(incidents)].filter(isFoldable);
  }

  openOutage(cause: OutageCause, openedAt: EpochMs): Ongoing {
    return this.open({ groupKey: `outage:${String(this.all.length + 1)}`, openedAt, cause });
  }

  /** What these sites lost lately, or had in other outages, goes over. What has nothing left afterwards ends in the outage. */
  move(
    siteIds: readonly number[],
    outage: Ongoing,
    { at, recently }: { readonly at: EpochMs; readonly recently: EpochMs },
  ): void {
    const moving = siteIds
      .flatMap((id) => [...(this.ofSite.get(id) ?? [])])
      .filter(({ incident, joinedAt }) => {
        return incident !== outage && isFoldable(incident) && (joinedAt > recently || incident.cause !== null);
      });
    for (const placed of moving) {
      const entry = placed.incident.entries.findLast(({ alert }) => alert === placed.alert);
      if (entry !== undefined) entry.movedAt = at;
      this.take(placed);
      this.put({ ...placed, incident: outage }, at);
    }
    for (const source of new Set(moving.map(({ incident }) => incident)))
      if (source.open === 0) this.close(source, at, outage.id);
  }

  /** Those that went on in others before those they went on in. */
  get incidents(): PastIncident[] {
    const until = ({ closedAt }: Ongoing): number => closedAt ?? Infinity;
    const order = (a: Ongoing, b: Ongoing): number =>
      Number(a.foldedInto === null) - Number(b.foldedInto === null) ||
      (until(a) < until(b) ? -1 : until(a) > until(b) ? 1 : a.id - b.id);
    return [...this.all].sort(order).map(pastOf);
  }

  private keyOf({ subject, siteId }: PastAlert): string {
    const { rule, providers } = subject;
    const region = subject.region === UNASSIGNED_REGION ? null : subject.region;
    if (!isRule(rule)) return `rule:${rule}`;
    const home = siteId === null ? null : this.homeOf(siteId);
    const ofSite = new Map(siteId === null || home === null ? [] : [[siteId, home]]);
    const [key] = assignGroups([{ rule, siteId, region, provider: providers[0] ?? null }], ofSite, this.groupBy);
    return key ?? `rule:${rule}`;
  }

  /** Where the alerts of a site are told now: an outage, else the site's own incident. */
  private homeOf(siteId: number): string | null {
    const incidents = [...(this.ofSite.get(siteId) ?? [])].map(({ incident }) => incident);
    const outage = incidents.filter(({ cause }) => cause !== null).sort((a, b) => a.id - b.id)[0];
    return (outage ?? incidents.find(({ groupKey }) => groupKey === `wan:site:${String(siteId)}`))?.groupKey ?? null;
  }

  private open(begin: Pick<Ongoing, 'groupKey' | 'openedAt' | 'cause'>): Ongoing {
    const id = this.all.length + 1;
    const incident: Ongoing = { ...begin, id, entries: [], open: 0, widenedAt: [], closedAt: null, foldedInto: null };
    this.all.push(incident);
    this.openByKey.set(incident.groupKey, incident);
    return incident;
  }

  private close(incident: Ongoing, at: EpochMs, foldedInto: number | null): void {
    incident.closedAt = at;
    incident.foldedInto = foldedInto;
    this.openByKey.delete(incident.groupKey);
  }

  private put(placed: Placed, at: EpochMs): void {
    const { alert, incident } = placed;
    incident.entries.push({ alert, joinedAt: at, movedAt: null });
    incident.open += 1;
    this.placed.set(alert.alertId, placed);
    if (isEvidence(alert)) this.evidence.add(placed);
    if (alert.siteId === null) return;
    const ofSite = this.ofSite.get(alert.siteId) ?? new Set<Placed>();
    this.ofSite.set(alert.siteId, ofSite.add(placed));
  }

  private take(placed: Placed): void {
    const { alert, incident } = placed;
    incident.open -= 1;
    this.placed.delete(alert.alertId);
    this.evidence.delete(placed);
    if (alert.siteId !== null) this.ofSite.get(alert.siteId)?.delete(placed);
  }
}

/** As far as it has come. */
export const pastOf = ({ id, openedAt, foldedInto, entries, widenedAt }: Ongoing): PastIncident => ({
  id,
  openedAt,
  foldedInto,
  members: entries.map(({ alert, joinedAt, movedAt }) => ({ ...alert, joinedAt, movedAt })),
  acknowledgements: [],
  widenedAt: [...widenedAt],
});
