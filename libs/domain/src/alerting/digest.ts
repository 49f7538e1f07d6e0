import type { EpochMs } from '../sample.js';
import { severityRank, type Severity } from '../severity.js';

/** A notice that waits to be told together with others. */
export interface WaitingNotice {
  readonly incidentId: number;
  readonly step: number;
  readonly severity: Severity;
  readonly openedAt: EpochMs;
}

/** One line of a digest: the newest word of an incident, and how bad it was at worst. */
export interface DigestLine<N extends WaitingNotice> {
  readonly newest: N;
  readonly severity: Severity;
  readonly notices: number;
}

/** One line per incident, worst first, then the oldest; none is lost. */
export function digestLines<N extends WaitingNotice>(notices: readonly N[]): DigestLine<N>[] {
  const byIncident = new Map<number, DigestLine<N>>();
  for (const notice of notices) {
    const line = byIncident.get(notice.incidentId);
    byIncident.set(notice.incidentId, {
      newest: line === undefined || notice.step > line.newest.step ? notice : line.newest,
      severity:
        line === undefined || severityRank(notice.severity) > severityRank(line.severity) ? notice.severity : line.severity,
      notices: (line?.notices ?? 0) + 1,
    });
  }
  return [...byIncident.values()].sort(
    (a, b) =>
      severityRank(b.severity) - severityRank(a.severity) ||
      a.newest.openedAt - b.newest.openedAt ||
      a.newest.incidentId - b.newest.incidentId,
  );
}
