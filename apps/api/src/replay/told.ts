import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  incidentSteps,
  type AlertRuleId,
  type IncidentRules,
  type PastIncident,
  type ReplayedLives,
  type Severity,
  type Span,
} from '@app/domain';
import { routingOf, type Database, type Settings } from '@app/shared';
import { pastMaintenance } from './circumstances.js';
import { comparedNotices, type ToldNotice } from './compare-notices.js';
import type { ReplayPlace } from './replay.repository.js';
import { tallied, Tally, type NoticesTally } from './tally.js';
import { noticesOf, sideOf, wasToldBefore, type Surroundings } from './tried-side.js';
import {
  incidentsOfPlaceless,
  isSiteDown,
  placesByKey,
  readStoredWorld,
  storedIncidentOf,
  topologyOf,
  withIncidentTakings,
  worldOf,
  type StoredWorld,
  type TriedWorld,
} from './world.js';
import { countOthers, readRulesOfIncidents, readSent, readTitles, type SentNotice } from './world.repository.js';

export interface ToldRequest {
  readonly settings: Settings;
  readonly orgId: number;
  /** What is asked about, and what is read for it, which begins before. */
  readonly span: Span;
  readonly read: Span;
  readonly rules: readonly AlertRuleId[];
  readonly places: readonly ReplayPlace[];
  /** What the rules open as they are, and as they would be. */
  readonly now: ReplayedLives;
  readonly changed: ReplayedLives;
  /** More alerts than this are not put together to incidents. */
  readonly mostAlerts: number;
}

/** What would have been sent, beside what was. */
export interface ToldResult {
  /** What receivers took. */
  readonly sent: number;
  readonly now: NoticesTally;
  readonly changed: NoticesTally;
  readonly destinations: readonly Beside<{ readonly destination: string }>[];
  /** Notices of incidents that alerts of a rule were part of. */
  readonly rules: readonly Beside<{ readonly rule: AlertRuleId }>[];
  /** The rules as they would be against what was sent. */
  readonly kept: number;
  readonly added: number;
  readonly gone: number;
  readonly addedNotices: readonly ToldNotice[];
  readonly goneNotices: readonly ToldNotice[];
  readonly notes: readonly string[];
}

type Beside<K> = K & { readonly sent: number; readonly now: number; readonly changed: number };

/** Why notices were left out. */
export interface LeftOut {
  readonly leftOut: string;
}

const MOST_NAMED = 100;
/** Members of incidents after which others get their turn. */
const TURN = 1_000;

const NOTES = [
  'Alerts of other rules are taken as they were; people take incidents as they did.',
  'Policies, rotas, people and working hours are those of the configuration as it is; silences and overrides of rotas those there were.',
  'Regions, providers and store types are those at the end of the time; a window of maintenance that was cancelled counts as none.',
  'Receivers that did not answer, ceilings, and what people were told of an acknowledgement are left out.',
] as const;

const noteOfPlaceless = (notices: number): string =>
  `Left out: notices about nothing but sites and circuits that are no longer there or disabled (${String(notices)}).`;

/** What changed rules would have sent: their alerts, with those of all other rules, put into incidents and told by the decisions that tell live. */
export async function compareTold(database: Database, request: ToldRequest): Promise<ToldResult | LeftOut> {
  const { orgId, span, read, rules, places, now, changed, mostAlerts } = request;
  const asked = { orgId, span: read, rules };
  const others = await countOthers(database, asked);
  const alerts = others + Math.max(now.fired.length, changed.fired.length);
  if (alerts > mostAlerts) {
    const counts = `${String(alerts)} alerts, ${String(others)} of them of other rules, are more than the ${String(mostAlerts)}`;
    return { leftOut: `${counts} whose notices are replayed at once; ask for less time, or try a milder rule.` };
  }
  const stored = await readStoredWorld(database, { ...asked, places });
  const byKey = placesByKey(places);
  const isSiteDownTried = rules.includes('site-down');
  const worlds = {
    now: worldOf(stored, now, byKey, isSiteDownTried),
    changed: worldOf(stored, changed, byKey, isSiteDownTried),
  };
  const siteIds = [...new Set([...worlds.now.alerts, ...worlds.changed.alerts].flatMap(({ siteId }) => siteId ?? []))];
  const maintenance = await pastMaintenance(database, orgId, read, siteIds);
  if (maintenance === null)
    return { leftOut: 'Maintenance began and ended too often in this time for its notices to be replayed; ask for less of it.' };
  const told = {
    now: await tell(database, request, { stored, world: worlds.now, maintenance }),
    changed: await tell(database, request, { stored, world: worlds.changed, maintenance }),
  };
  const untriable = incidentsOfPlaceless(stored, byKey);
  const all = await readSent(database, orgId, span);
  const sent = all.filter(({ incidentId }) => !untriable.has(incidentId));
  const notes = all.length === sent.length ? NOTES : [...NOTES, noteOfPlaceless(all.length - sent.length)];
  return resultOf(database, request, { sent, notes, ...told });
}

interface ToldSide {
  readonly tally: Tally;
  readonly notices: readonly ToldNotice[];
  readonly byRule: ReadonlyMap<string, number>;
}

interface Telling extends Pick<Surroundings, 'maintenance'> {
  readonly stored: StoredWorld;
  readonly world: TriedWorld;
}

/** What would have been sent inside the span. */
async function tell(database: Database, request: ToldRequest, { stored, world, maintenance }: Telling): Promise<ToldSide> {
  const { settings, orgId, read, span, places } = request;
  const side = await sideOf(database, { settings, orgId, span: read }, routingOf(settings));
  const surroundings = { maintenance, parents: world.parents, until: span.to };
  const steps = incidentSteps(world.alerts, incidentRulesOf(settings), {
    topology: topologyOf(places),
    isSiteDown: (siteId, at) => isSiteDown(world.parents, siteId, at),
    isTold: (incident, at) => wasToldBefore(incident, side, surroundings, at),
  });
  const incidents = await inTurns(steps);
  const tally = new Tally();
  const notices: ToldNotice[] = [];
  const byRule = new Map<string, number>();
  let members = 0;
  for (const incident of withIncidentTakings(incidents, stored, world)) {
    const sent = noticesOf(incident, side, surroundings).filter(({ at }) => at >= span.from);
    tally.take(sent);
    const storedId = storedIncidentOf(incident, stored, world);
    const trouble = storedId === null ? `new:${String(incident.id)}` : `incident:${String(storedId)}`;
    const about = aboutOf(incident);
    for (const { to, reason, at, severity } of sent)
      notices.push(...to.map((destination) => ({ trouble, destination, reason, at, severity, about })));
    const count = sent.reduce((sum, { to }) => sum + to.length, 0);
    for (const rule of new Set(incident.members.map(({ subject }) => subject.rule)))
      byRule.set(rule, (byRule.get(rule) ?? 0) + count);
    members += incident.members.length;
    if (members >= TURN) {
      members = 0;
      await nextTurn();
    }
  }
  return { tally, notices, byRule };
}

/** Goes on step by step, and lets others have their turn in between. */
async function inTurns<T>(steps: Generator<undefined, T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

const incidentRulesOf = ({ alerts: { groupBy, outages, groupIntervalSeconds } }: Settings): IncidentRules => ({
  groupBy,
  outage: { minSites: outages.minSites, minShare: outages.minSharePct / 100, orgShare: outages.orgSharePct / 100 },
  groupIntervalMs: groupIntervalSeconds * 1000,
});

const MOST_IN_WORDS = 3;

function aboutOf({ members }: PastIncident): string {
  const words = new Set(
    members.slice(0, 50).map(({ subject }) => `${subject.rule} ${subject.circuits[0] ?? subject.site ?? 'org'}`),
  );
  const first = [...words].slice(0, MOST_IN_WORDS).join(', ');
  const ids = new Set(members.map(({ alertId }) => alertId));
  return ids.size > MOST_IN_WORDS ? `${first} (${String(ids.size)} alerts)` : first;
}

interface Sides {
  readonly sent: readonly SentNotice[];
  readonly notes: readonly string[];
  readonly now: ToldSide;
  readonly changed: ToldSide;
}

async function resultOf(
  database: Database,
  { orgId, rules }: ToldRequest,
  { sent, notes, now, changed }: Sides,
): Promise<ToldResult> {
  const incidentIds = [...new Set(sent.map(({ incidentId }) => incidentId))];
  const ofRules = await readRulesOfIncidents(database, orgId, incidentIds, rules);
  const asTold = sent.map(({ incidentId, ...notice }) => ({
    ...notice,
    trouble: `incident:${String(incidentId)}`,
    severity: null as Severity | null,
    about: '',
  }));
  const { kept, added, gone } = comparedNotices(asTold, changed.notices);
  return {
    sent: sent.length,
    now: now.tally.result,
    changed: changed.tally.result,
    destinations: tallied({
      sent: countedBy(sent, ({ destination }) => destination),
      now: now.tally.byDestination,
      changed: changed.tally.byDestination,
    }),
    rules: rules.map((rule) => ({
      rule,
      sent: sent.filter(({ incidentId }) => ofRules.get(rule)?.has(incidentId) === true).length,
      now: now.byRule.get(rule) ?? 0,
      changed: changed.byRule.get(rule) ?? 0,
    })),
    kept,
    added: added.length,
    gone: gone.length,
    addedNotices: added.slice(0, MOST_NAMED),
    goneNotices: await titled(database, orgId, gone.slice(0, MOST_NAMED)),
    notes,
  };
}

function countedBy(sent: readonly SentNotice[], keyOf: (notice: SentNotice) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const notice of sent) counts.set(keyOf(notice), (counts.get(keyOf(notice)) ?? 0) + 1);
  return counts;
}

/** What was sent is called as people knew it. */
async function titled(database: Database, orgId: number, notices: readonly ToldNotice[]): Promise<ToldNotice[]> {
  const idOf = ({ trouble }: ToldNotice): number => Number(trouble.slice('incident:'.length));
  const titles = await readTitles(database, orgId, [...new Set(notices.map(idOf))]);
  return notices.map((notice) => ({ ...notice, about: titles.get(idOf(notice)) ?? '' }));
}
