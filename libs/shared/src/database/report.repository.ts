import {
  classifierTitle,
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

/** Everything a report says about an org as of `now`. */
export async function loadReportModel(
  db: Queryable,
  orgId: number,
  now: EpochMs,
  settings: StatusSettings,
): Promise<ReportModel> {
  const [org, alerts] = await Promise.all([loadCurrentState(db, orgId, { now, settings }), openAlerts(db, orgId)]);
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
  };
}

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
  readonly siteName: string | null;
  readonly severity: Severity;
  readonly status: string;
  readonly since: Date;
}

async function openAlerts(db: Queryable, orgId: number): Promise<ReportAlert[]> {
  const rows = await db.query<OpenAlertRow>(
    `select a.id, a.rule, a.subject, coalesce(s.name, s.external_id) as "siteName", a.severity, a.status, a.since
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
