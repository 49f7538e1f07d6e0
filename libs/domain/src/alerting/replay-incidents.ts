import type { EpochMs } from '../sample.js';
import {
  affectedSites,
  outageIndex,
  totalsOf,
  type OutageEvidence,
  type OutageIndex,
  type OutageTopology,
} from './affected-sites.js';
import type { GroupBy } from './grouping.js';
import type { OutageSettings, OutageTotals, PlannedOutage } from './outage.js';
import { planOutages } from './outage-plan.js';
import { isEvidence, PastGroups, pastOf, type Ongoing, type Placed } from './past-groups.js';
import type { PastAlert, PastIncident } from './past-incident.js';

/** How alerts become incidents. */
export interface IncidentRules {
  readonly groupBy: GroupBy;
  readonly outage: OutageSettings;
  /** What falls within this time belongs to one event. */
  readonly groupIntervalMs: number;
}

/** What was around the alerts that are put together. */
export interface IncidentWorld {
  readonly topology: OutageTopology;
  /** Whether a site was down, or might have been. */
  isSiteDown(siteId: number, at: EpochMs): boolean;
  /** Whether people would have heard of an incident before then. */
  isTold(incident: PastIncident, at: EpochMs): boolean;
}

/** Live, alerts that change within these seconds are put into incidents together. */
const TOGETHER_MS = 5_000;

interface Happening {
  readonly at: EpochMs;
  readonly alert: PastAlert;
  readonly isEnd: boolean;
}

/** Happenings between two steps. */
const STEP = 200;

/** The incidents that these alerts would have been told in, as the notifier puts them together live; those that went on in others first. */
export function replayIncidents(alerts: readonly PastAlert[], rules: IncidentRules, world: IncidentWorld): PastIncident[] {
  const steps = incidentSteps(alerts, rules, world);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps, so that whoever has others to serve may do so in between: a month has tens of thousands of alerts. */
export function* incidentSteps(
  alerts: readonly PastAlert[],
  rules: IncidentRules,
  world: IncidentWorld,
): Generator<undefined, PastIncident[]> {
  const groups = new PastGroups(rules.groupBy);
  const outages = new PastOutages(groups, rules, world);
  let foldAt = Infinity;
  let before = -Infinity;
  let happened = 0;
  for (const { at, alert, isEnd } of happeningsOf(alerts)) {
    if (at > foldAt) {
      outages.fold(before);
      foldAt = Infinity;
    }
    if (isEnd) groups.end(alert, at);
    else groups.join(alert, at);
    if (!isEnd && isEvidence(alert)) foldAt = Math.min(foldAt, at + TOGETHER_MS);
    before = at;
    happened += 1;
    if (happened % STEP === 0) yield;
  }
  if (foldAt < Infinity) outages.fold(before);
  return groups.incidents;
}

/** When alerts fired and ended. What fires in the moment in which the rest ends keeps the incident open, as it does live. */
function happeningsOf(alerts: readonly PastAlert[]): Happening[] {
  const happenings = alerts.flatMap((alert): Happening[] => {
    const fired = alert.changes.find(({ status }) => status === 'firing' || status === 'acknowledged');
    const last = alert.changes.at(-1);
    if (fired === undefined) return [];
    const begin = { at: fired.at, alert, isEnd: false };
    return last?.status === 'resolved' ? [begin, { at: last.at, alert, isEnd: true }] : [begin];
  });
  return happenings.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd) || a.alert.alertId - b.alert.alertId);
}

/** Folds what fell together into incidents of their probable cause, by the plan that is made live. */
class PastOutages {
  private readonly totals: OutageTotals;
  private readonly index: OutageIndex;
  /** Told incidents stay told; of the others, when to ask again. */
  private readonly told = new Set<number>();
  private readonly askAgainAt = new Map<number, EpochMs>();

  constructor(
    private readonly groups: PastGroups,
    private readonly rules: IncidentRules,
    private readonly world: IncidentWorld,
  ) {
    this.totals = totalsOf(world.topology);
    this.index = outageIndex(world.topology);
  }

  fold(now: EpochMs): void {
    const recently = now - this.rules.groupIntervalMs;
    const evidence = this.groups.evidenceSince(recently).flatMap((placed) => evidenceOf(placed, recently));
    const siteIds = [...new Set(evidence.map(({ siteId }) => siteId))];
    if (siteIds.length < this.rules.outage.minSites) return;
    const down = new Set(siteIds.filter((id) => this.world.isSiteDown(id, now)));
    const affected = affectedSites(evidence, down, this.index);
    const open = this.groups.openOutages().flatMap((outage) => {
      const { id, cause } = outage;
      return cause === null ? [] : [{ id, cause, isTold: this.isTold(outage, now) }];
    });
    for (const planned of planOutages(affected, open, this.totals, this.rules.outage))
      this.carryOut(planned, { at: now, recently });
  }

  private carryOut({ id, cause, siteIds }: PlannedOutage, when: { readonly at: EpochMs; readonly recently: EpochMs }): void {
    const known = this.groups.openOutages().find((outage) => outage.id === id);
    if (known !== undefined && (known.cause?.kind !== cause.kind || known.cause.name !== cause.name)) {
      known.cause = cause;
      if (this.isTold(known, when.at)) known.widenedAt.push(when.at);
    }
    if (siteIds.length === 0) return;
    const outage = known ?? this.groups.openOutage(cause, this.beginOf(siteIds, when.at));
    this.groups.move(siteIds, outage, when);
  }

  /** What its sites waited already counts as its own wait. */
  private beginOf(siteIds: readonly number[], now: EpochMs): EpochMs {
    const untold = this.groups.foldableOf(siteIds).filter((incident) => !this.isTold(incident, now));
    return Math.min(now, ...untold.map(({ openedAt }) => openedAt));
  }

  /** To know it, the incident is replayed: the longer nobody was told of it, the less often. */
  private isTold(incident: Ongoing, now: EpochMs): boolean {
    if (this.told.has(incident.id)) return true;
    if (now < (this.askAgainAt.get(incident.id) ?? -Infinity)) return false;
    const isTold = this.world.isTold(pastOf(incident), now);
    if (isTold) this.told.add(incident.id);
    else this.askAgainAt.set(incident.id, now + (now - incident.openedAt) / 10);
    return isTold;
  }
}

function evidenceOf({ alert, joinedAt, incident }: Placed, recently: EpochMs): OutageEvidence[] {
  const { siteId, circuitId, subject } = alert;
  if (siteId === null || (subject.rule !== 'site-down' && subject.rule !== 'circuit-down')) return [];
  return [
    {
      siteId,
      circuitId,
      rule: subject.rule,
      isRecent: joinedAt > recently,
      outageId: incident.cause === null ? null : incident.id,
    },
  ];
}
