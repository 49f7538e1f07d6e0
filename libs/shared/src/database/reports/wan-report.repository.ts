import {
  outagesOf,
  type CarrierModel,
  type CarrierOutage,
  type CircuitPeriod,
  type Contract,
  type IncidentCounts,
  type SiteFailovers,
  type Span,
  type WanPeriodModel,
} from '@app/domain';
import { byTrust } from '../attribute-order.js';
import { insideCircuits, statesOf, type InsideTime } from '../availability.repository.js';
import type { Queryable } from '../database.js';
import { circuitWindows, maintenanceWindows } from '../maintenance-cover.js';
import { reportFrame, type AskedReport, type ReportFrame } from './period.js';
import { circuitSums, sumsBefore, sumsByDay, type CircuitSums } from './wan-sums.js';

/** Circuits whose maintenance is added up together. */
const TOGETHER = 200;
/** Circuits whose outages are read together; each brings its windows of more than a year, which must not stop everything else for long. */
const OUTAGES_TOGETHER = 50;
const DAY_MS = 86_400_000;
/** Outages may have begun so long before a period; their maintenance counts. */
const LONGEST_OUTAGE_MS = 400 * DAY_MS;

interface CircuitName {
  readonly id: string;
  readonly name: string | null;
}

async function circuitNames(db: Queryable, orgId: number, now: number): Promise<Map<number, CircuitName>> {
  const rows = await db.query<{ key: number; id: string; name: string | null }>(
    `select c.id as key, c.mac || ':' || c.port_id as id, coalesce(n.name, c.wan_name) as name from circuit c
     left join (select t.circuit_id, (array_agg(t.name order by ${byTrust('t.source')}, t.since desc))[1] as name from circuit_attribute t
       where t.org_id = $1 and t.name is not null and t.since <= $2 and t.until > $2 group by 1) n on n.circuit_id = c.id
     where c.org_id = $1`,
    [orgId, new Date(now)],
  );
  return new Map(rows.map(({ key, ...name }) => [key, name]));
}

/** Time of circuits inside maintenance; those without any are left out. Some circuits at a time: many windows of many circuits are millions of rows. */
async function maintenanceTimes(
  db: Queryable,
  { orgId, circuits, period }: { orgId: number; circuits: readonly number[]; period: Span },
): Promise<Map<number, InsideTime>> {
  const windows = await maintenanceWindows(db, orgId, period);
  const times = new Map<number, InsideTime>();
  for (let i = 0; i < circuits.length && windows.length > 0; i += TOGETHER) {
    const some = await insideCircuits(db, orgId, { ...period, windows, circuits: circuits.slice(i, i + TOGETHER) });
    for (const [circuit, time] of some) times.set(circuit, time);
  }
  return times;
}

/** A circuit that moved in the period has several rows: its maintenance counts in the one that most of its hours are in. */
function withMaintenance(rows: readonly CircuitSums[], times: ReadonlyMap<number, InsideTime>): CircuitSums[] {
  const main = new Map<number, CircuitSums>();
  for (const row of rows) if (row.sums.hours > (main.get(row.circuit)?.sums.hours ?? -1)) main.set(row.circuit, row);
  return rows.map((row) => {
    const time = main.get(row.circuit) === row ? times.get(row.circuit) : undefined;
    if (time === undefined) return row;
    const { insideMs, insideUpMs, insideDownMs } = time;
    const sums = {
      ...row.sums,
      maintenanceMs: insideMs,
      maintenanceUpMs: Math.min(insideUpMs, row.sums.upMs),
      maintenanceDownMs: Math.min(insideDownMs, row.sums.downMs),
    };
    return { ...row, sums };
  });
}

const named = (rows: readonly CircuitSums[], names: ReadonlyMap<number, CircuitName>, { places }: ReportFrame): CircuitPeriod[] =>
  rows.map(({ circuit, site, region, provider, sums }) => {
    const { id, name } = names.get(circuit) ?? { id: String(circuit), name: null };
    const place = places.get(site);
    return { id, name: name ?? id, siteId: place?.id ?? '', siteName: place?.name ?? 'removed site', region, provider, sums };
  });

async function failoversOf(db: Queryable, orgId: number, { scope, siteKeys, places }: ReportFrame): Promise<SiteFailovers[]> {
  const rows = await db.query<{ site: number; count: number; duration_ms: number }>(
    `select site_id as site, count(*)::int as count,
       sum(extract(epoch from least(coalesce(ended_at, $3), $3) - greatest(started_at, $2)) * 1000)::float8 as duration_ms
     from failover where org_id = $1 and started_at < $3 and coalesce(ended_at, 'infinity') > $2 and ($4::int[] is null or site_id = any($4))
     group by 1 order by 1`,
    [orgId, new Date(scope.period.from), new Date(scope.period.to), siteKeys],
  );
  return rows.map(({ site, count, duration_ms: durationMs }) => {
    const place = places.get(site);
    return { siteId: place?.id ?? '', siteName: place?.name ?? 'removed site', count, durationMs };
  });
}

async function incidentsOf(db: Queryable, orgId: number, { scope, siteKeys }: ReportFrame): Promise<IncidentCounts[]> {
  const rows = await db.query<{ severity: string; opened: number; resolved: number; mean_ms: number | null }>(
    `select i.severity, count(*)::int as opened, (count(*) filter (where i.resolved_at <= $3))::int as resolved,
       avg(extract(epoch from i.resolved_at - i.opened_at) * 1000) filter (where i.resolved_at <= $3)::float8 as mean_ms
     from incident i where i.org_id = $1 and i.kind = 'incident' and i.opened_at >= $2 and i.opened_at < $3
       and ($4::int[] is null or exists (select 1 from incident_alert m join alert a on a.org_id = m.org_id and a.id = m.alert_id
         where m.org_id = i.org_id and m.incident_id = i.id and a.site_id = any($4)))
     group by 1 order by array_position(array['critical', 'major', 'warning', 'info'], i.severity), 1`,
    [orgId, new Date(scope.period.from), new Date(scope.period.to), siteKeys],
  );
  return rows.map(({ severity, opened, resolved, mean_ms: meanDurationMs }) => ({ severity, opened, resolved, meanDurationMs }));
}

interface Loaded {
  readonly model: WanPeriodModel;
  readonly frame: ReportFrame;
  readonly keys: ReadonlyMap<string, number>;
}

async function load(db: Queryable, asked: AskedReport): Promise<Loaded> {
  const { orgId } = asked;
  const frame = await reportFrame(db, asked);
  const rows = await circuitSums(db, orgId, frame);
  const circuits = [...new Set(rows.map(({ circuit }) => circuit))];
  const times = await maintenanceTimes(db, { orgId, circuits, period: frame.scope.period });
  const names = await circuitNames(db, orgId, asked.now);
  const model = {
    ...frame.scope,
    circuits: named(withMaintenance(rows, times), names, frame),
    beforeSums: await sumsBefore(db, orgId, frame),
    daySums: await sumsByDay(db, orgId, frame),
    failovers: await failoversOf(db, orgId, frame),
    incidents: await incidentsOf(db, orgId, frame),
  };
  return { model, frame, keys: new Map(circuits.map((key) => [names.get(key)?.id ?? String(key), key])) };
}

/** What the circuits of an organization, a region or a site did over a period. */
export const loadWanPeriod = async (db: Queryable, asked: AskedReport): Promise<WanPeriodModel> => (await load(db, asked)).model;

/** The same with every outage, and what carriers promised. */
export async function loadCarrierPeriod(
  db: Queryable,
  asked: AskedReport,
  contracts: Readonly<Record<string, Contract>>,
): Promise<CarrierModel> {
  const { model, keys } = await load(db, asked);
  const whose = new Map<number, CircuitPeriod>();
  for (const circuit of model.circuits) {
    const key = keys.get(circuit.id);
    const known = key === undefined ? undefined : whose.get(key);
    if (key !== undefined && (known === undefined || circuit.sums.hours > known.sums.hours)) whose.set(key, circuit);
  }
  const down = new Set(model.circuits.filter(({ sums }) => sums.downMs > 0).map(({ id }) => id));
  const affected = new Map([...whose].filter(([, { id }]) => down.has(id)));
  return { ...model, contracts, outages: await outagesIn(db, asked.orgId, affected, model.period) };
}

async function outagesIn(
  db: Queryable,
  orgId: number,
  whose: ReadonlyMap<number, CircuitPeriod>,
  period: Span,
): Promise<CarrierOutage[]> {
  const outages: CarrierOutage[] = [];
  const keys = [...whose.keys()];
  const all = await maintenanceWindows(db, orgId, { from: period.from - LONGEST_OUTAGE_MS, to: period.to });
  for (let i = 0; i < keys.length; i += OUTAGES_TOGETHER) {
    const some = keys.slice(i, i + OUTAGES_TOGETHER);
    const states = await statesOf(db, orgId, some, period);
    const first = Math.min(...[...states.values()].flatMap(([oldest]) => oldest?.from ?? []));
    const near = all.filter(({ to }) => to > first);
    const windows = await circuitWindows(db, orgId, some, near);
    for (const key of some) {
      const circuit = whose.get(key);
      if (circuit === undefined) continue;
      const { id, name, siteName, provider } = circuit;
      for (const outage of outagesOf(states.get(key) ?? [], windows.get(key) ?? []))
        if (outage.end > period.from) outages.push({ circuitId: id, circuitName: name, siteName, provider, ...outage });
    }
  }
  return outages;
}
