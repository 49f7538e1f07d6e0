import { grossAndNet, inMaintenance, type Availability, type NetTime, type Outage, type Span } from '@app/domain';
import { orNull, sometimes, timeOf } from '../http/answers.js';

const MINUTE_MS = 60_000;

const shareJson = (of: Availability) => ({
  availability_pct: of.availabilityPct,
  coverage_pct: of.coveragePct,
  minutes: { all: of.allMs / MINUTE_MS, up: of.upMs / MINUTE_MS, down: of.downMs / MINUTE_MS, unknown: of.unknownMs / MINUTE_MS },
});

/** Gross, and net of maintenance beside it. */
export function timeJson(time: NetTime) {
  const { gross, net } = grossAndNet(time);
  return { ...shareJson(gross), net: shareJson(net), maintenance_minutes: time.insideMs / MINUTE_MS };
}

export const outageJson = (outage: Outage) => ({
  state: 'down',
  start: timeOf(outage.start),
  end: timeOf(outage.end),
  end_known: outage.upAgainAt === outage.end,
  up_again_at: timeOf(outage.upAgainAt),
  duration_s: (outage.end - outage.start) / 1000,
  down_s: outage.downMs / 1000,
  unknown_s: (outage.end - outage.start - outage.downMs) / 1000,
  maintenance_s: outage.maintenanceMs / 1000,
  in_maintenance: inMaintenance(outage),
});

export const OUTAGE_EXAMPLE = {
  state: 'down',
  start: '2026-03-01T10:00:00Z',
  end: '2026-03-01T10:12:30Z',
  end_known: sometimes(true),
  up_again_at: sometimes(orNull('2026-03-01T10:12:30Z')),
  duration_s: 750,
  down_s: sometimes(750),
  unknown_s: sometimes(0),
  maintenance_s: sometimes(0),
  in_maintenance: sometimes('no'),
};

export interface Month extends Span {
  /** Its beginning in the reporting time zone, as `2026-03`. */
  readonly name: string;
  readonly time: NetTime;
}

export const monthJson = (month: Month) => ({
  month: month.name,
  from: timeOf(month.from),
  to: timeOf(month.to),
  ...timeJson(month.time),
});

const SHARE_EXAMPLE = {
  availability_pct: orNull(99.5),
  coverage_pct: orNull(100),
  minutes: { all: 44640, up: 44416.8, down: 223.2, unknown: 0 },
};
const TIME_EXAMPLE = {
  ...SHARE_EXAMPLE,
  net: {
    availability_pct: orNull(99.9),
    coverage_pct: orNull(100),
    minutes: { all: 44400, up: 44355.6, down: 44.4, unknown: 0 },
  },
  maintenance_minutes: 240,
};
export const GROUP_EXAMPLE = {
  from: '2026-03-01T00:00:00Z',
  to: '2026-04-01T00:00:00Z',
  timezone: 'UTC',
  ...TIME_EXAMPLE,
  months: [{ month: '2026-03', from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z', ...TIME_EXAMPLE }],
};
export const CIRCUITS_EXAMPLE = {
  ...GROUP_EXAMPLE,
  outages: { count: 3, outside_maintenance: 1, longest_s: orNull(10800), down_s: 13392, items: [OUTAGE_EXAMPLE], is_cut: false },
};
