import { setImmediate } from 'node:timers/promises';
import {
  circuitName,
  HOURLY_KPIS,
  isStale,
  kpiOf,
  severityOf,
  severityRank,
  siteStatus,
  sleHealth,
  sleMetricsOf,
  staleReasonOf,
  UNASSIGNED_REGION,
  utilizationTrend,
  siteWanStatus,
  worst,
  worstStatus,
  type CurrentCircuit,
  type HealthStatus,
  type HourlyKpi,
  type Severity,
  type SiteParts,
  type UtilizationTrend,
} from '@app/domain';
import { thresholdsByPlace, type CircuitThresholds, type ThresholdSubject } from '../config/circuit-thresholds.js';
import type { Settings } from '../config/settings.js';
import type { CollectKind } from '../queue/contracts.js';
import {
  orgStateRows,
  siteStateRows,
  type CircuitStateRow,
  type OpenFailoverRow,
  type PollFailureRow,
  type RecentHourRow,
  type SiteRow,
  type SiteSleRow,
} from './current-state.rows.js';
import type { Queryable } from './database.js';
import { PermanentError } from '../errors.js';

/** The part of the settings that statuses depend on. */
export type StatusSettings = Pick<Settings, 'collect' | 'thresholds' | 'orgs'>;

/** A circuit now: its state, the figures of its newest closed hour, and how bad they are. */
export interface CircuitNow {
  readonly row: CircuitStateRow;
  readonly id: string;
  readonly isFresh: boolean;
  readonly state: 'up' | 'down' | 'unknown';
  readonly hour: RecentHourRow | null;
  readonly trend: UtilizationTrend;
  readonly severity: Severity;
  /** What made it so severe, worst first. */
  readonly why: readonly string[];
  readonly dataAgeMs: number | null;
  /** The failover away from this circuit that goes on; `null` = there is none. */
  readonly failover: OpenFailoverRow | null;
  /** Limits that hold for this circuit. */
  readonly thresholds: CircuitThresholds;
}

export interface SiteNow {
  readonly row: SiteRow;
  readonly region: string;
  readonly status: HealthStatus;
  readonly parts: SiteParts;
  readonly wanWhy: string;
  /** Age of the oldest of the parts that ever had data. */
  readonly dataAgeMs: number | null;
  readonly staleReason: string | null;
  readonly sle: readonly SiteSleRow[];
  readonly circuits: readonly CircuitNow[];
  /** The circuit that is known to carry the site: the backup of a failover, else the primary; `null` without a known role. */
  readonly carriedBy: CircuitNow | null;
  /** Utilization of that circuit in its newest closed hour; the highest of all where no role is known. */
  readonly utilizationPct: number | null;
}

export interface OrgNow {
  readonly id: string;
  readonly name: string | null;
  readonly status: HealthStatus;
  readonly dataAgeMs: number | null;
  readonly staleReason: string | null;
  readonly sites: readonly SiteNow[];
  readonly failures: readonly PollFailureRow[];
}

interface Judging {
  readonly orgId: string;
  readonly now: number;
  readonly settings: StatusSettings;
  readonly thresholdsOf: (subject: ThresholdSubject) => CircuitThresholds;
  /** The failure to show on every site; `null` while the polls succeed. */
  readonly failure: string | null;
}

const WIFI = new Set<string>(sleMetricsOf('wifi'));
/** Kinds of data that statuses are made of. */
const STATUS_KINDS = new Set(['sle-wifi', 'sle-wan', 'wan-ports']);
const intervalMs = ({ settings }: Judging, kind: CollectKind): number => settings.collect.intervalsSeconds[kind] * 1000;

/**
 * Statuses of an org, its sites and circuits as of `now`, judged by the rules of the domain. Everything that shows a status reads it here.
 * Whoever asks for one site gets that site alone.
 */
export async function loadCurrentState(
  db: Queryable,
  orgId: number,
  asked: { now: number; settings: StatusSettings; site?: string },
): Promise<OrgNow> {
  const query = { orgId, now: new Date(asked.now) };
  const rows = asked.site === undefined ? await orgStateRows(db, query) : await siteStateRows(db, query, asked.site);
  const { orgs, sites, circuits, hours, failovers, sle, failures } = rows;
  const [org] = orgs;
  if (org === undefined) throw new PermanentError('ORG_UNKNOWN', `There is no organization with the key ${String(orgId)}.`);
  const failing = failures.find(({ kind }) => STATUS_KINDS.has(kind));
  const judging: Judging = {
    orgId: org.id,
    now: asked.now,
    settings: asked.settings,
    thresholdsOf: thresholdsByPlace(asked.settings),
    failure: failing === undefined ? null : staleReasonOf(failing.failureCode),
  };
  const groups = {
    circuits: groupBy(circuits, 'siteId'),
    hours: groupBy(hours, 'circuitId'),
    failovers: groupBy(failovers, 'primaryId'),
    sle: groupBy(sle, 'siteId'),
  };
  const judged = await judgeSites(judging, sites, groups);
  return {
    ...org,
    status: worstStatus(judged.map(({ status }) => status)),
    dataAgeMs: oldest(judged.map(({ dataAgeMs }) => dataAgeMs)),
    staleReason: judging.failure ?? judged.find(({ staleReason }) => staleReason !== null)?.staleReason ?? null,
    sites: judged,
    failures,
  };
}

/** So many sites are judged at a time: a large organization must not keep everybody else waiting. */
const SITES_A_TURN = 200;

async function judgeSites(judging: Judging, sites: readonly SiteRow[], groups: Groups): Promise<SiteNow[]> {
  const judged: SiteNow[] = [];
  for (const site of sites) {
    if (judged.length > 0 && judged.length % SITES_A_TURN === 0) await setImmediate();
    judged.push(judgeSite(judging, site, groups));
  }
  return judged;
}

interface Groups {
  readonly circuits: ReadonlyMap<unknown, readonly CircuitStateRow[]>;
  readonly hours: ReadonlyMap<unknown, readonly RecentHourRow[]>;
  readonly failovers: ReadonlyMap<unknown, readonly OpenFailoverRow[]>;
  readonly sle: ReadonlyMap<unknown, readonly SiteSleRow[]>;
}

function groupBy<R, K extends keyof R>(rows: readonly R[], key: K): Map<unknown, R[]> {
  const groups = new Map<unknown, R[]>();
  for (const row of rows) {
    const group = groups.get(row[key]);
    if (group === undefined) groups.set(row[key], [row]);
    else group.push(row);
  }
  return groups;
}

function judgeSite(judging: Judging, row: SiteRow, groups: Groups): SiteNow {
  const { now } = judging;
  const sle = groups.sle.get(row.id) ?? [];
  const known = sle.map(({ metric, at, severity }) => ({ metric, at: at.getTime(), severity }));
  const wifi = sleHealth(
    known.filter(({ metric }) => WIFI.has(metric)),
    now,
    intervalMs(judging, 'sle-wifi'),
  );
  const wanSle = sleHealth(
    known.filter(({ metric }) => !WIFI.has(metric)),
    now,
    intervalMs(judging, 'sle-wan'),
  );
  const region = row.region ?? row.countryCode ?? UNASSIGNED_REGION;
  const judgedCircuits = (groups.circuits.get(row.id) ?? []).map((circuit) =>
    judgeCircuit(judging, { ...row, region }, circuit, groups),
  );
  const hasUp = judgedCircuits.some(({ state }) => state === 'up');
  const circuits = judgedCircuits.map((circuit) => withState(circuit, hasUp));
  const isCutOff = row.cutOffSeenAt !== null && !isStale(row.cutOffSeenAt.getTime(), now, intervalMs(judging, 'gateways'));
  const wan = siteWanStatus(judgedCircuits.map(asCurrent), isCutOff);
  const parts: SiteParts = { wifi: wifi.status, wanSle: wanSle.status, wan: wan.status };
  const dataAgeMs = oldest([wifi.ageMs, wanSle.ageMs, newest(circuits.map((circuit) => circuit.dataAgeMs))]);
  const isSilent = siteStatus(parts) === 'UNKNOWN' && dataAgeMs !== null;
  return {
    row,
    region,
    status: siteStatus(parts),
    parts,
    wanWhy: wan.why,
    dataAgeMs,
    staleReason: judging.failure ?? (isSilent ? 'not polled' : null),
    sle,
    circuits,
    ...carriage(circuits),
  };
}

/** While failed over a site has the figures of the circuit that carries it; its primary keeps its own. */
function carriage(circuits: readonly CircuitNow[]): Pick<SiteNow, 'carriedBy' | 'utilizationPct'> {
  const active = circuits.flatMap(({ failover }) => circuits.find(({ row }) => row.id === failover?.activeId) ?? [])[0];
  const carriedBy = active ?? circuits.find(({ row }) => row.role === 'primary' && !row.disabled) ?? null;
  const judged = carriedBy === null ? circuits.filter(({ row }) => !row.disabled) : [carriedBy];
  const known = judged.flatMap(({ hour }) => hour?.utilizationPct ?? []);
  return { carriedBy, utilizationPct: known.length === 0 ? null : Math.max(...known) };
}

const oldest = (ages: readonly (number | null)[]): number | null =>
  ages.reduce<number | null>((max, age) => (age === null ? max : Math.max(age, max ?? 0)), null);
const newest = (ages: readonly (number | null)[]): number | null =>
  ages.reduce<number | null>((min, age) => (age === null ? min : Math.min(age, min ?? Infinity)), null);

function judgeCircuit(judging: Judging, site: SiteRow & { region: string }, row: CircuitStateRow, groups: Groups): CircuitNow {
  const hours = groups.hours.get(row.id) ?? [];
  const dataAgeMs = row.observedAt === null ? null : Math.max(0, judging.now - row.observedAt.getTime());
  const isFresh = row.observedAt !== null && !isStale(row.observedAt.getTime(), judging.now, intervalMs(judging, 'wan-ports'));
  const { externalId, region, storeType } = site;
  const subject = { orgId: judging.orgId, siteId: externalId, region, storeType, mac: row.mac, portId: row.portId };
  const thresholds = judging.thresholdsOf(subject);
  const hour = isFresh ? currentHour(judging.now, hours) : null;
  const judged = HOURLY_KPIS.map((kpi) => ({
    kpi,
    severity: severityOf(hour === null ? null : valueOf(hour, kpi), thresholds[kpi], kpiOf(kpi).worse),
  }));
  const bad = judged.filter(({ severity }) => severityRank(severity) > severityRank('info'));
  return {
    row,
    id: circuitName(row.mac, row.portId),
    isFresh,
    state: isFresh && row.state !== null ? row.state : 'unknown',
    hour,
    trend: utilizationTrend(lastThree(judging.now, hours)),
    severity: worst(judged.map(({ severity }) => severity)),
    why: bad.sort((a, b) => severityRank(b.severity) - severityRank(a.severity)).map(({ kpi }) => kpi),
    dataAgeMs,
    failover: groups.failovers.get(row.id)?.[0] ?? null,
    thresholds,
  };
}

/** A circuit that is down is major while another one carries the site, else critical; one that is up is at least fine. */
function withState(circuit: CircuitNow, siteHasUp: boolean): CircuitNow {
  if (circuit.row.disabled || circuit.state === 'unknown') return circuit;
  if (circuit.state === 'up') return { ...circuit, severity: worst([circuit.severity, 'info']) };
  const down: Severity = siteHasUp ? 'major' : 'critical';
  const others = circuit.why;
  return { ...circuit, severity: worst([circuit.severity, down]), why: ['state', ...others] };
}

const asCurrent = (circuit: CircuitNow): CurrentCircuit => ({
  isFresh: circuit.isFresh,
  isDisabled: circuit.row.disabled,
  up: circuit.state === 'unknown' ? null : circuit.state === 'up',
  isFailedOver: circuit.failover !== null,
  severities: [circuit.severity],
});

const HOUR_MS = 3_600_000;
const closedHour = (now: number, back: number): number => (Math.floor(now / HOUR_MS) - back) * HOUR_MS;

/** The newest closed hour; the one before it while the facts of the newest are still being made. */
const currentHour = (now: number, hours: readonly RecentHourRow[]): RecentHourRow | null =>
  hours.find(({ hour }) => hour.getTime() >= closedHour(now, 2)) ?? null;

function lastThree(now: number, hours: readonly RecentHourRow[]): [number | null, number | null, number | null] {
  const at = (back: number): number | null =>
    hours.find(({ hour }) => hour.getTime() === closedHour(now, back))?.utilizationPct ?? null;
  return [at(3), at(2), at(1)];
}

function valueOf(hour: RecentHourRow, kpi: HourlyKpi): number | null {
  const values: Readonly<Record<HourlyKpi, number | null>> = {
    utilization: hour.utilizationPct,
    latency: hour.latencyAvg,
    jitter: hour.jitterAvg,
    loss: hour.lossAvg,
  };
  return values[kpi];
}
