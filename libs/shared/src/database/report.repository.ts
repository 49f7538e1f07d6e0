import {
  classifierTitle,
  HEALTH_STATUSES,
  isDegraded,
  staleReasonOf,
  type EpochMs,
  type ReportAlert,
  type ReportClassifier,
  type ReportInsight,
  type ReportModel,
  type ReportSite,
  type Severity,
} from '@app/domain';
import { loadCurrentState, type CircuitNow, type SiteNow, type StatusSettings } from './current-state.repository.js';
import type { SiteSleRow } from './current-state.rows.js';
import type { Queryable } from './database.js';
import { loadReportTrends, type DegradedSite } from './report-trends.repository.js';
import type { Settings } from '../config/settings.js';

/** The part of the settings that reports depend on. */
export type ReportSettings = StatusSettings & Pick<Settings, 'trends'>;

/** Everything a report says about an org as of `now`. */
export async function loadReportModel(
  db: Queryable,
  orgId: number,
  now: EpochMs,
  settings: ReportSettings,
): Promise<ReportModel> {
  const [org, alerts] = await Promise.all([loadCurrentState(db, orgId, { now, settings }), openAlerts(db, orgId)]);
  const trends = await loadReportTrends(db, { orgId, now, settings, degraded: degradedOf(org.sites) });
  const circuits = org.sites.flatMap((site) => site.circuits).filter(({ row }) => !row.disabled);
  const count = (state: CircuitNow['state']): number => circuits.filter((circuit) => circuit.state === state).length;
  return {
    generatedAt: now,
    org: { id: org.id, name: org.name ?? org.id, status: org.status, dataAgeMs: org.dataAgeMs, staleReason: org.staleReason },
    sites: org.sites.map(reportSite),
    alerts,
    circuits: { total: circuits.length, up: count('up'), down: count('down'), unknown: count('unknown') },
    failures: org.failures.map(({ kind, failureCode, failureReason, failedAt, failures }) => ({
      kind,
      reason: staleReasonOf(failureCode),
      detail: failureReason,
      failedAt: failedAt?.getTime() ?? null,
      failures,
    })),
    trends,
  };
}

/** Degraded sites, the worst first. */
const degradedOf = (sites: readonly SiteNow[]): DegradedSite[] =>
  sites
    .filter(({ status }) => isDegraded(status))
    .map(({ row, status }) => ({ id: row.id, name: row.name ?? row.externalId, status }))
    .sort(
      (a, b) => HEALTH_STATUSES.indexOf(b.status) - HEALTH_STATUSES.indexOf(a.status) || byName(a.name, b.name) || a.id - b.id,
    );
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const reportSite = (site: SiteNow): ReportSite => ({
  id: site.row.externalId,
  name: site.row.name ?? site.row.externalId,
  region: site.region,
  status: site.status,
  parts: site.parts,
  dataAgeMs: site.dataAgeMs,
  staleReason: site.staleReason,
  insights: site.sle.map(reportInsight),
  circuits: site.circuits
    .filter(({ row }) => !row.disabled)
    .map((circuit) => ({
      id: circuit.id,
      name: circuit.row.name ?? circuit.id,
      state: circuit.state,
      since: circuit.state === 'unknown' ? null : (circuit.row.stateSince?.getTime() ?? null),
      utilizationPct: circuit.hour?.utilizationPct ?? null,
      severity: circuit.severity,
      why: circuit.why,
    })),
});

const reportInsight = ({ metric, title, score, severity, text, classifiers }: SiteSleRow): ReportInsight => ({
  metric,
  title,
  score,
  severity,
  text,
  classifiers: (classifiers ?? []).flatMap(reportClassifier),
});

const numberOf = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** A stored classifier share; one without data says nothing and is left out. */
function reportClassifier(stored: unknown): ReportClassifier[] {
  if (typeof stored !== 'object' || stored === null) return [];
  const share = stored as Readonly<Record<string, unknown>>;
  const degradedPct = numberOf(share.degradedPct);
  if (typeof share.name !== 'string' || degradedPct === null) return [];
  const name = typeof share.title === 'string' ? share.title : classifierTitle(share.name);
  return [{ name, degradedPct, numUsers: numberOf(share.numUsers), numAps: numberOf(share.numAps) }];
}

interface OpenAlertRow {
  readonly id: number;
  readonly rule: string;
  readonly subject: string;
  readonly siteId: string | null;
  readonly siteName: string | null;
  readonly severity: Severity;
  readonly status: string;
  readonly since: Date;
}

async function openAlerts(db: Queryable, orgId: number): Promise<ReportAlert[]> {
  const rows = await db.query<OpenAlertRow>(
    `select a.id, a.rule, a.subject, s.external_id as "siteId", coalesce(s.name, s.external_id) as "siteName", a.severity, a.status, a.since
     from alert a left join site s on s.org_id = a.org_id and s.id = a.site_id
     where a.org_id = $1 and a.status in ('firing', 'acknowledged') order by a.id`,
    [orgId],
  );
  return rows.map(({ id, since, subject, ...alert }) => ({
    ...alert,
    id: String(id),
    since: since.getTime(),
    title: `${alert.rule} ${subject}`,
  }));
}
