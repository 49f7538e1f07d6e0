import { Inject, Injectable } from '@nestjs/common';
import { MINUTE_MS, type AlertRuleId, type EpochMs, type Observation } from '@app/domain';
import { orgSettingsOf, SETTINGS, type CollectSettings, type OrgRow, type Queryable, type Settings } from '@app/shared';
import { collectionTrouble, stoppedKinds, type Trouble } from './collection-trouble.js';
import {
  heardCircuits,
  heardSites,
  lastPolls,
  offlineAtSites,
  offlineGateways,
  pollStandings,
  silentCircuits,
  watchedAlerts,
  wellGateways,
  wellSites,
  type PollStanding,
  type SilentCircuit,
  type WatchedAlert,
} from './watch.repository.js';

const WATCHED = ['device-offline', 'no-data', 'collector-stopped', 'token-trouble'] as const satisfies readonly AlertRuleId[];
const SECOND = 1_000;
/** Beyond its intervals a poll may be late by this much before anybody is told. */
const LATE_MS = 5 * MINUTE_MS;
/** So many polls in a row must have brought nothing of a circuit. */
const SILENT_POLLS = 2;

type Kind = keyof CollectSettings['intervalsSeconds'];

/** What one look at an org found. */
interface Look {
  readonly org: OrgRow;
  readonly now: EpochMs;
  readonly polls: readonly PollStanding[];
  readonly alerts: readonly WatchedAlert[];
  /** Devices that the inventory told of since are still there. */
  readonly listedSince: EpochMs;
}

const subjectId = (alert: WatchedAlert): number => Number(alert.subject.slice(alert.subject.indexOf(':') + 1));

/**
 * Rules about what is not there: devices that are offline, circuits nobody hears of, polls that are not made. They answer only when the answer is
 * another one than that of the open alert, so that looking costs no writes.
 */
@Injectable()
export class WatchRules {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  async observations(db: Queryable, org: OrgRow, now: EpochMs): Promise<Observation[]> {
    const { since, polls } = await pollStandings(db, org.id);
    const alerts = await watchedAlerts(db, org.id, WATCHED);
    const isCollected = orgSettingsOf(this.settings, org.externalId)?.enabled === true;
    if (polls.length === 0 && !isCollected && alerts.length === 0) return [];
    const inventoryAt = polls.find(({ kind }) => kind === 'inventory')?.committedAt ?? null;
    const look: Look = {
      org,
      now,
      polls,
      alerts,
      listedSince: inventoryAt === null ? 0 : inventoryAt - SILENT_POLLS * this.intervalMs('inventory'),
    };
    const trouble = isCollected ? collectionTrouble(polls, now) : null;
    return [
      ...(await this.gateways(db, look)),
      ...(await this.devicesAtSites(db, look)),
      ...(await this.silence(db, look)),
      ...this.collector(look, { since, isCollected, trouble }),
      ...tokenTrouble(look, trouble),
    ];
  }

  private intervalMs(kind: Kind): number {
    return this.settings.collect.intervalsSeconds[kind] * SECOND;
  }

  private async gateways(db: Queryable, look: Look): Promise<Observation[]> {
    const { org, alerts, listedSince } = look;
    const bad = await offlineGateways(db, org.id, listedSince);
    const open = alerts.filter(({ rule, subject }) => rule === 'device-offline' && subject.startsWith('device:'));
    const well = await wellGateways(db, org.id, open.filter(({ isBad }) => isBad).map(subjectId), listedSince);
    return [
      ...fresh(bad, open, ({ deviceId }) => `device:${deviceId}`).map(({ deviceId, name, siteId, siteName }) =>
        observed(
          look,
          { rule: 'device-offline', subject: `device:${deviceId}`, siteId, severity: 'major' },
          { siteName, deviceName: name },
        ),
      ),
      ...over(look, open, (alert) => well.includes(subjectId(alert))),
    ];
  }

  private async devicesAtSites(db: Queryable, look: Look): Promise<Observation[]> {
    const { org, alerts, listedSince } = look;
    const bad = await offlineAtSites(db, org.id, listedSince);
    const open = alerts.filter(({ rule, subject }) => rule === 'device-offline' && subject.startsWith('site:'));
    const well = await wellSites(db, org.id, open.filter(({ isBad }) => isBad).map(subjectId), listedSince);
    return [
      ...fresh(bad, open, ({ siteId }) => `site:${siteId}`).map(({ siteId, siteName, count, of }) =>
        observed(
          look,
          { rule: 'device-offline', subject: `site:${siteId}`, siteId, severity: 'warning' },
          { siteName, offline: { count, of } },
        ),
      ),
      ...over(look, open, (alert) => well.includes(subjectId(alert))),
    ];
  }

  /** Silence counts only while polls come in: two of them in a row without a word of the circuit. */
  private async silence(db: Queryable, look: Look): Promise<Observation[]> {
    const { org, now, alerts, listedSince } = look;
    const limitMs = SILENT_POLLS * this.intervalMs('wan-ports') + LATE_MS;
    const recent = await lastPolls(db, org.id, 'wan-ports', SILENT_POLLS);
    const oldest = recent[SILENT_POLLS - 1];
    const newest = recent[0];
    if (oldest === undefined || newest === undefined || newest < now - limitMs) return [];
    const heardSince = Math.min(now - limitMs, oldest);
    const silent = await silentCircuits(db, org.id, { heardSince, listedSince });
    const open = alerts.filter(({ rule }) => rule === 'no-data');
    const [ofCircuits, ofSites] = [
      open.filter(({ circuitId }) => circuitId !== null),
      open.filter(({ circuitId }) => circuitId === null),
    ];
    const asked = { heardSince, listedSince };
    const heard = await heardCircuits(db, org.id, { circuitIds: ofCircuits.map(subjectId), ...asked });
    const back = await heardSites(db, org.id, { siteIds: ofSites.map(subjectId), ...asked });
    return [
      ...fresh(lastHeardOfSites(silent), ofSites, ({ siteId }) => `site:${siteId}`).map(({ siteId, siteName, lastHeardAt }) =>
        observed(look, { rule: 'no-data', subject: `site:${siteId}`, siteId, severity: 'major' }, { siteName, lastHeardAt }),
      ),
      ...fresh(
        silent.filter(({ isWholeSite }) => !isWholeSite),
        ofCircuits,
        ({ circuitId }) => `circuit:${circuitId}`,
      ).map(({ circuitId, name, siteId, siteName, lastHeardAt }) =>
        observed(
          look,
          { rule: 'no-data', subject: `circuit:${circuitId}`, siteId, circuitId, severity: 'major' },
          { siteName, circuitName: name, lastHeardAt },
        ),
      ),
      ...over(look, ofCircuits, (alert) => heard.includes(subjectId(alert))),
      ...over(look, ofSites, (alert) => back.includes(subjectId(alert))),
    ];
  }

  /** Trouble with the token says why nothing comes in: then that is told, and this is neither begun nor ended. */
  private collector(
    look: Look,
    { since, isCollected, trouble }: { since: EpochMs; isCollected: boolean; trouble: Trouble | null },
  ): Observation[] {
    const open = look.alerts.filter(({ rule }) => rule === 'collector-stopped');
    if (!isCollected) return over(look, open, () => true);
    if (trouble !== null) return [];
    const intervals = this.settings.collect.intervalsSeconds;
    const kinds = stoppedKinds({ polls: look.polls, since, now: look.now, intervalsSeconds: intervals });
    if (kinds.length === 0) return over(look, open, () => true);
    return fresh([kinds], open, () => 'org').map(() =>
      observed(
        look,
        { rule: 'collector-stopped', subject: 'org', siteId: null, severity: 'critical' },
        { siteName: look.org.name ?? look.org.externalId, kinds },
      ),
    );
  }
}

function tokenTrouble(look: Look, trouble: Trouble | null): Observation[] {
  const open = look.alerts.filter(({ rule }) => rule === 'token-trouble');
  if (trouble === null) return over(look, open, () => true);
  const isSame = open.some(({ isBad, severity }) => isBad && severity === trouble.severity);
  if (isSame) return [];
  return [
    observed(
      look,
      { rule: 'token-trouble', subject: 'org', siteId: null, severity: trouble.severity },
      { siteName: look.org.name ?? look.org.externalId, trouble: trouble.text, kinds: trouble.kinds },
    ),
  ];
}

type About = Pick<Observation, 'rule' | 'subject' | 'siteId' | 'severity'> & { readonly circuitId?: number };

const observed = ({ now }: Look, { circuitId, ...about }: About, details: Observation['details']): Observation => ({
  ...about,
  circuitId: circuitId ?? null,
  breached: true,
  at: now,
  details,
});

/** What is bad, and whose alert does not say so yet. */
function fresh<T>(bad: readonly T[], open: readonly WatchedAlert[], subjectOf: (each: T) => string): T[] {
  const known = new Set(open.filter(({ isBad }) => isBad).map(({ subject }) => subject));
  return bad.filter((each) => !known.has(subjectOf(each)));
}

/** What was bad and is good now. */
const over = (look: Look, open: readonly WatchedAlert[], isGood: (alert: WatchedAlert) => boolean): Observation[] =>
  open
    .filter((alert) => alert.isBad && isGood(alert))
    .map(({ rule, subject, siteId, circuitId, siteName }) => ({
      rule,
      subject,
      siteId,
      circuitId,
      breached: false,
      severity: 'info',
      at: look.now,
      details: { siteName },
    }));

/** Of each site that is silent as a whole the circuit that was heard of last. */
function lastHeardOfSites(silent: readonly SilentCircuit[]): SilentCircuit[] {
  const bySite = new Map<number, SilentCircuit>();
  for (const each of silent) {
    const known = bySite.get(each.siteId);
    if (each.isWholeSite && (known === undefined || each.lastHeardAt > known.lastHeardAt)) bySite.set(each.siteId, each);
  }
  return [...bySite.values()];
}
