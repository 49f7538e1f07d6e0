import { Inject, Injectable } from '@nestjs/common';
import { NO_PATH_SUMS, pathSumsOf, type MosHour, type PathFigures, type PathSums, type Span } from '@app/domain';
import { Database } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import {
  ofEachQuality,
  qualitiesOf,
  QUALITY_COLUMNS,
  type QualityColumns,
  type QualityName,
} from '../circuits/quality-columns.js';

/** A path in the newest poll of its circuit. */
export interface PolledPath {
  readonly peer: string;
  readonly at: Date;
  readonly up: boolean | null;
  readonly active: boolean | null;
  readonly latency_ms: number | null;
  readonly jitter_ms: number | null;
  readonly loss_pct: number | null;
  readonly mos: number | null;
  readonly mtu: number | null;
}

type P95 = Readonly<Record<QualityName, number | null>>;

/** What a path did over a period; `p95` where a single hour has readings. */
export interface PathPeriod {
  readonly peer: string;
  readonly sums: PathSums;
  readonly p95: P95;
}

interface Figures extends QualityColumns {
  readonly mos_count: number;
  readonly mos_avg: number | null;
  readonly mos_min: number | null;
  readonly up_ms: number;
  readonly down_ms: number;
  readonly flaps: number;
  readonly mtu: number | null;
}

interface HourRow extends Figures {
  readonly hour: Date;
}

/** A peer without hours in the period has nulls everywhere. */
type PeriodRow = { readonly peer: string } & (
  (Figures & { readonly hours: number }) | ({ readonly [K in keyof Figures]: null } & { readonly hours: null })
);

const HOUR_COLUMNS = `hour, up_ms, down_ms, flaps, ${QUALITY_COLUMNS}, mos_count, mos_avg, mos_min, mtu`;

const qualityOfPeriod = (name: QualityName): string =>
  `sum(${name}_count)::int as ${name}_count, sum(${name}_avg::float8 * ${name}_count) / nullif(sum(${name}_count), 0) as ${name}_avg,
   max(${name}_max) as ${name}_max, case when count(*) filter (where ${name}_count > 0) = 1 then max(${name}_p95) end as ${name}_p95`;

/** The same columns over all hours of a peer: averages weigh readings. */
const PERIOD_COLUMNS = `count(*)::int as hours, sum(up_ms)::float8 as up_ms, sum(down_ms)::float8 as down_ms, sum(flaps)::int as flaps,
  ${ofEachQuality(qualityOfPeriod)},
  sum(mos_count)::int as mos_count, sum(mos_avg::float8 * mos_count) / nullif(sum(mos_count), 0) as mos_avg, min(mos_min) as mos_min,
  (array_agg(mtu order by hour desc) filter (where mtu is not null))[1] as mtu`;

/** The newest poll of the circuit's gateway that tells its paths, under the port's id or the WAN name it has now. Nothing is told while it is cut off. */
const NEWEST_POLL = `
  with names as (
    select d.id as device, n.name, n.place from circuit c join device d on d.org_id = c.org_id and d.mac = c.mac
    cross join lateral (values (c.port_id, 1), (c.wan_name, 2)) as n (name, place)
    where c.org_id = $1 and c.id = $2 and n.name is not null and d.connected is distinct from false
  ), newest as (
    select max(l.at) as at from names n cross join lateral (
      select p.at from path_sample p where p.org_id = $1 and p.device_id = n.device and p.port_name = n.name and p.at > $3 and p.at <= $4
      order by p.at desc limit 1) l
  )
  select distinct on (p.peer) p.peer, p.at, p.up, p.active, p.latency_ms, p.jitter_ms, p.loss_pct, p.mos, p.mtu
  from newest join names n on true join path_sample p on p.org_id = $1 and p.device_id = n.device and p.port_name = n.name and p.at = newest.at
    and p.at > $3 and p.at <= $4
  order by p.peer, n.place`;

@Injectable()
export class PathsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Paths in the circuit's newest poll inside the span. */
  newestPoll(scope: OrgScope, circuitKey: number, { from, to }: Span): Promise<PolledPath[]> {
    return this.rows<PolledPath>(scope, NEWEST_POLL, [circuitKey, new Date(from), new Date(to)]);
  }

  /** Peers of the hours that start in the period, and those named besides, by name, after a given one. */
  async periods(
    scope: OrgScope,
    circuitKey: number,
    asked: Span & { readonly also: readonly string[]; readonly after: string; readonly limit: number },
  ): Promise<PathPeriod[]> {
    const rows = await this.rows<PeriodRow>(
      scope,
      `select peer, p.* from (
         select peer as own, ${PERIOD_COLUMNS} from path_hour
         where org_id = $1 and circuit_id = $2 and hour >= $3 and hour < $4 and peer collate "C" > $6 group by peer) p
       full join (select unnest($5::text[]) as named) n on n.named = p.own
       cross join lateral (select coalesce(p.own, n.named) as peer) k
       where k.peer collate "C" > $6 order by k.peer collate "C" limit $7`,
      [circuitKey, new Date(asked.from), new Date(asked.to), asked.also, asked.after, asked.limit],
    );
    return rows.map(periodOf);
  }

  /** Hours of one path that start in the period, ascending. */
  async hours(scope: OrgScope, circuitKey: number, asked: Span & { readonly peer: string }): Promise<PathFigures[]> {
    const rows = await this.rows<HourRow>(
      scope,
      `select ${HOUR_COLUMNS} from path_hour where org_id = $1 and circuit_id = $2 and hour >= $3 and hour < $4 and peer = $5 order by hour`,
      [circuitKey, new Date(asked.from), new Date(asked.to), asked.peer],
    );
    return rows.map((row) => figuresOf(row, row.hour.getTime()));
  }

  /** Whether the circuit ever had such a path. */
  async knows(scope: OrgScope, circuitKey: number, peer: string): Promise<boolean> {
    const found = await this.row(scope, 'select 1 from path_hour where org_id = $1 and circuit_id = $2 and peer = $3 limit 1', [
      circuitKey,
      peer,
    ]);
    return found !== null;
  }
}

const mosOf = (row: Figures): MosHour => ({ count: row.mos_count, avg: row.mos_avg, min: row.mos_min });

const figuresOf = (row: Figures, hour: number): PathFigures => ({
  hour,
  upMs: row.up_ms,
  downMs: row.down_ms,
  flaps: row.flaps,
  ...qualitiesOf(row),
  mos: mosOf(row),
  mtu: row.mtu,
});

/** Averages times readings are sums again, so a period's row reads like an hour's. */
function periodOf(row: PeriodRow): PathPeriod {
  const { peer } = row;
  if (row.hours === null) return { peer, sums: NO_PATH_SUMS, p95: { latency: null, jitter: null, loss: null } };
  return {
    peer,
    sums: { ...pathSumsOf(figuresOf(row, 0)), hours: row.hours },
    p95: { latency: row.latency_p95, jitter: row.jitter_p95, loss: row.loss_p95 },
  };
}
