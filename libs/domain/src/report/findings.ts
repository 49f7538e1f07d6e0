import { severityRank, type Severity } from '../severity.js';
import { percentText } from './layout.js';
import type { ReportCircuit, ReportInsight, ReportModel, ReportSite } from './model.js';

/** Priority of a report's reader for each severity, worst first, with the text that says what to do. */
export const PRIORITIES = [
  { severity: 'critical', level: 'URGENT', action: 'URGENT - Immediate action required' },
  { severity: 'major', level: 'HIGH', action: 'HIGH - Address within 24 hours' },
  { severity: 'warning', level: 'MEDIUM', action: 'MEDIUM - Monitor closely' },
  { severity: 'info', level: 'INFO', action: 'INFO - Normal operation' },
] as const satisfies readonly { severity: Severity; level: string; action: string }[];
export type Priority = (typeof PRIORITIES)[number];

/** One judged thing of one site: a metric or a circuit. */
export interface Finding {
  readonly site: ReportSite;
  readonly severity: Severity;
  readonly title: string;
  readonly text: string;
  /** Where equal severities are sorted: a share of 100, the lower the worse. */
  readonly rank: number;
  readonly about: { readonly insight: ReportInsight } | { readonly circuit: ReportCircuit };
}

const ofInsight = (site: ReportSite, insight: ReportInsight): Finding => ({
  site,
  severity: insight.severity,
  title: insight.title,
  text: insight.text,
  rank: (insight.score ?? 1) * 100,
  about: { insight },
});

function circuitText({ state, utilizationPct, why }: ReportCircuit): string {
  const causes = why.filter((cause) => cause !== 'state');
  return `${state}, utilization ${percentText(utilizationPct)}${causes.length > 0 ? `, ${causes.join(' and ')} too high` : ''}`;
}

const ofCircuit = (site: ReportSite, circuit: ReportCircuit): Finding => ({
  site,
  severity: circuit.severity,
  title: `Circuit ${circuit.name}`,
  text: circuitText(circuit),
  rank: circuit.state === 'down' ? 0 : 100 - (circuit.utilizationPct ?? 0),
  about: { circuit },
});

/** Order by code units: the same on every machine and in every locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const keyOf = ({ about }: Finding): string => ('insight' in about ? about.insight.metric : about.circuit.id);

const worstFirst = (a: Finding, b: Finding): number =>
  severityRank(b.severity) - severityRank(a.severity) ||
  a.rank - b.rank ||
  byText(a.site.name, b.site.name) ||
  byText(a.site.id, b.site.id) ||
  byText(keyOf(a), keyOf(b));

/** Everything judged in a report, worst first, in an order that does not depend on the model's. */
export function findingsOf(model: ReportModel): Finding[] {
  const findings = model.sites.flatMap((site) => [
    ...site.insights.map((insight) => ofInsight(site, insight)),
    ...site.circuits.map((circuit) => ofCircuit(site, circuit)),
  ]);
  return findings.sort(worstFirst);
}

/** Number of findings of each severity. */
export function countBySeverity(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { unknown: 0, info: 0, warning: 0, major: 0, critical: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
