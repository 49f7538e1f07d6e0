import {
  NOTICE_DEFAULTS,
  OUTAGE_DEFAULTS,
  parentAt,
  replayIncident,
  replayIncidents,
  suppressionOf,
  type AlertRuleId,
  type Circumstances,
  type EpochMs,
  type PastAlert,
  type PastChange,
  type PastIncident,
} from '@app/domain';
import { MINUTE, Rig, SECOND, START } from './rig.spec-support.js';

const TICK = 10 * SECOND;
const TICKS = 180;
const SITES = 12;
const CARRIERS = ['Northlink', 'Metrowave'];

interface Told {
  readonly alert: PastAlert & { readonly changes: PastChange[] };
  readonly sinceTick: number;
}

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
}, 120_000);
afterEach(() => rig.stop(), 60_000);

/** Everything that happened, as the history of alerts keeps it. */
class History {
  readonly alerts: Told['alert'][] = [];
  readonly open = new Map<string, Told>();

  async begin(rule: AlertRuleId, place: { site: number; circuit: number | null }, tick: number): Promise<void> {
    const isSite = place.circuit === null;
    const status = isSite ? 'pending' : 'firing';
    const severity = isSite ? 'critical' : 'major';
    const alertId = isSite
      ? await rig.alert(rule, place.site, { status, severity })
      : await rig.circuitDown(place.site, place.circuit ?? 0);
    const subject = {
      rule,
      severity,
      org: 'org-1',
      site: String(place.site),
      region: null,
      storeType: null,
      circuits: [],
      providers: [],
      metrics: [],
    } as const;
    const changes: PastChange[] = [{ at: rig.clock.now(), status, severity, flapping: null }];
    const alert = { alertId, siteId: place.site, circuitId: place.circuit, subject, changes };
    this.alerts.push(alert);
    this.open.set(`${rule} ${String(place.circuit ?? place.site)}`, { alert, sinceTick: tick });
  }

  async change(key: string, status: 'firing' | 'resolved'): Promise<void> {
    const told = this.open.get(key);
    if (told === undefined) return;
    const { alert } = told;
    alert.changes.push({ at: rig.clock.now(), status, severity: alert.subject.severity, flapping: null });
    await rig.change(alert.alertId, { status });
    if (status === 'resolved') this.open.delete(key);
  }

  get parents(): Map<number, PastChange[][]> {
    const sites = this.alerts.filter(({ subject }) => subject.rule === 'site-down');
    const bySite = new Map<number, PastChange[][]>();
    for (const { siteId, changes } of sites) bySite.set(siteId ?? 0, [...(bySite.get(siteId ?? 0) ?? []), changes]);
    return bySite;
  }
}

interface Store {
  readonly site: number;
  readonly circuits: readonly number[];
}

/** Circuits fall and rise by fixed dice: now and then one, and for a while nearly all of one carrier. */
async function live(stores: readonly Store[], seed: number): Promise<History> {
  const { dispatch } = await rig.notifier(['noc@example.com'], { alerts: { repeatMinutes: 15 } });
  const history = new History();
  let dice = seed;
  const roll = (): number => (dice = (dice * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  for (let tick = 0; tick < TICKS; tick += 1) {
    const isStorm = tick >= 60 && tick < 66;
    for (const store of stores) {
      for (const [nth, circuit] of store.circuits.entries()) {
        const key = `circuit-down ${String(circuit)}`;
        const told = history.open.get(key);
        const falls = tick < TICKS - 60 && roll() < (isStorm && nth === 0 ? 0.35 : 0.003);
        if (told === undefined && falls) await history.begin('circuit-down', { site: store.site, circuit }, tick);
        else if (told !== undefined && tick - told.sinceTick > 12 && roll() < 0.04) await history.change(key, 'resolved');
      }
      await watchSite(history, store, tick);
    }
    await dispatch.sendDue();
    rig.clock.advance(TICK);
  }
  return history;
}

/** A site may be down while none of its circuits is up, and is after two minutes. */
async function watchSite(history: History, { site, circuits }: Store, tick: number): Promise<void> {
  const key = `site-down ${String(site)}`;
  const isDark = circuits.every((circuit) => history.open.has(`circuit-down ${String(circuit)}`));
  const told = history.open.get(key);
  if (told === undefined && isDark) await history.begin('site-down', { site, circuit: null }, tick);
  else if (told !== undefined && !isDark) await history.change(key, 'resolved');
  else if (told?.alert.changes.length === 1 && tick - told.sinceTick >= 12) await history.change(key, 'firing');
}

/** What the same past sends when it is replayed. */
function replayed({ alerts, parents }: Pick<History, 'alerts' | 'parents'>, stores: readonly Store[], until: EpochMs): string[] {
  const circumstances: Circumstances = {
    edges: [...parents.values()].flat(2).map(({ at }) => at),
    suppressionAt: ({ siteId, subject }, _, at) =>
      suppressionOf(
        subject.rule as AlertRuleId,
        parentAt(parents.get(siteId ?? 0) ?? [], at),
        at,
        NOTICE_DEFAULTS.groupIntervalMs,
      ),
  };
  const rules = { notices: { ...NOTICE_DEFAULTS, repeatMs: 15 * MINUTE }, policies: [], recipientsOf: () => ['noc'] };
  const toldBefore = new Map<number, EpochMs>();
  const alsoTold = new Map<number, string[]>();
  const tell = (incident: PastIncident, end: EpochMs) =>
    replayIncident(incident, rules, circumstances, { until: end, toldBefore, alsoTold: alsoTold.get(incident.id) ?? [] });
  const topology = {
    regionOf: new Map(stores.map(({ site }) => [site, null])),
    circuits: stores.flatMap(({ site, circuits }) =>
      circuits.map((id, nth) => ({ id, siteId: site, provider: CARRIERS[nth] ?? null })),
    ),
  };
  const incidents = replayIncidents(
    alerts,
    { groupBy: {}, outage: OUTAGE_DEFAULTS, groupIntervalMs: NOTICE_DEFAULTS.groupIntervalMs },
    {
      topology,
      isSiteDown: (siteId, at) => (parentAt(parents.get(siteId) ?? [], at)?.status ?? 'resolved') !== 'resolved',
      isTold: (incident, at) => tell(incident, at).notices.length > 0,
    },
  );
  return incidents.flatMap((incident) => {
    const { notices, toldAt } = tell(incident, until);
    for (const { alertId, movedAt } of incident.members) {
      const at = movedAt === null ? undefined : toldAt.get(alertId);
      if (at !== undefined) toldBefore.set(alertId, at);
    }
    if (incident.foldedInto !== null && notices.length > 0) alsoTold.set(incident.foldedInto, ['noc']);
    return notices.flatMap(({ at, reason, to }) => to.map(() => lineOf(at, reason)));
  });
}

const lineOf = (at: EpochMs, reason: string): string => `${String((at - START) / SECOND).padStart(5)} ${reason}`;

/** How often that happened on which the law is worth most: outages, what went over into them, and what was held back by its site. */
async function eventful(): Promise<{ readonly outages: number; readonly folded: number; readonly held: number } | undefined> {
  const [counts] = await rig.database.query<{ outages: number; folded: number; held: number }>(
    `select (select count(*) from incident where cause_kind is not null) as outages, (select count(*) from incident where folded_into is not null) as folded,
       (select count(*) from incident_decision where reason = 'all-members-suppressed') as held`,
  );
  return counts;
}

describe('the past, replayed', () => {
  it.each([300, 7])(
    'sends what was sent, at the same moments and for the same reasons (%d)',
    async (seed) => {
      const stores: Store[] = [];
      for (let i = 0; i < SITES; i += 1) {
        const site = await rig.site(`Store ${String(i)}`);
        const circuits: number[] = [];
        for (const carrier of CARRIERS) circuits.push(await rig.circuit(site, carrier));
        stores.push({ site, circuits });
      }
      const history = await live(stores, seed);
      const rows = await rig.database.query<{ at: Date; reason: string }>(
        'select created_at as at, reason from delivery order by created_at, reason',
      );
      const sent = rows.map(({ at, reason }) => lineOf(at.getTime(), reason)).sort();
      const until = rig.clock.now();
      expect(sent.length).toBeGreaterThan(5);
      expect(Object.values((await eventful()) ?? {}).map((count) => count > 0)).toEqual([true, true, true]);
      expect(replayed(history, stores, until).sort()).toEqual(sent);
      // And it is no law about nothing: had no site spoken for its circuits, other notices would have been sent.
      expect(replayed({ alerts: history.alerts, parents: new Map() }, stores, until).sort()).not.toEqual(sent);
    },
    180_000,
  );
});
