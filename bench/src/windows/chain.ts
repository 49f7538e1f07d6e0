import type { Span } from '@app/domain';
import { drainRollups } from '@app/analyzer';
import { median, round } from '../outcome.js';
import { mustBe, type Rig } from '../rig.js';
import { timed, type Fleet } from './fleet.js';
import { withProcessorTime } from './processor-time.js';

export const CHAIN_TARGET = 0.4;
const REPETITIONS = 3;

/** Source rows a second. */
export interface Chain {
  readonly ours: number;
  readonly floor: number;
  readonly ratio: number;
}

const TABLES = ['circuit_day', 'circuit_week', 'circuit_month', 'circuit_sketch', 'group_day', 'group_week', 'group_month'];

/** One bare statement: fourteen aggregates of the hours of a day, one row for each circuit and day. */
const FLOOR = `
  insert into bare_day select org_id, circuit_id, date_trunc('day', hour), count(*), sum(covered_ms), sum(rx_bytes), sum(tx_bytes), max(utilization_pct),
    avg(utilization_pct), max(peak_utilization_pct), sum(up_ms), sum(down_ms), sum(flaps), avg(latency_avg), max(latency_max), avg(jitter_avg), avg(loss_avg)
  from circuit_hour where org_id = $1 and hour >= $2 and hour < $3 group by 1, 2, 3`;

async function bareDays(rig: Rig, orgId: number, { from, to }: Span): Promise<number> {
  await rig.database.query('truncate bare_day');
  const { ms } = await timed(() => rig.database.query(FLOOR, [orgId, new Date(from), new Date(to)]));
  return ms;
}

/** All levels stored by the real pipeline, from nothing, against the bare statement before and after it; source rows a second. */
export async function chainStored(rig: Rig, { org, circuits }: Fleet, span: Span, log: (line: string) => void) {
  const { database } = rig;
  await database.query(
    `create table if not exists bare_day (org_id int, circuit_id int, day timestamptz, a bigint, b bigint, c numeric, d numeric, e float8, f float8, g float8, h bigint,
       i bigint, j bigint, k float8, l float8, m float8, n float8, primary key (org_id, circuit_id, day))`,
  );
  const [count] = await database.query<{ hours: number; days: number }>(
    `select count(*)::int as hours, count(distinct (circuit_id, date_trunc('day', hour)))::int as days from circuit_hour where org_id = $1`,
    [org.id],
  );
  const hours = count?.hours ?? 0;
  const runs: { ours: number; floor: number; ratio: number }[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    await database.query(`truncate ${TABLES.join(', ')}, rollup_mark, rollup_group_due, rollup_state`);
    await database.query(
      'insert into rollup_mark (org_id, circuit_id, from_hour, to_hour) select org_id, id, $2, $3 from circuit where org_id = $1',
      [org.id, new Date(span.from), new Date(span.to - 1)],
    );
    const before = await bareDays(rig, org.id, span);
    const { ms, result, cpu } = await withProcessorTime(database, () =>
      timed(() => drainRollups({ database, settings: rig.runtime.settings, org, now: span.to })),
    );
    const after = await bareDays(rig, org.id, span);
    mustBe('hours read by the chain', result.hours, hours);
    await mustHoldAll(rig, { orgId: org.id, hours, days: count?.days ?? 0, circuits });
    const floorMs = median([before, after]);
    runs.push({ ours: (hours / ms) * 1000, floor: (hours / floorMs) * 1000, ratio: floorMs / ms });
    log(
      `  chain ${i + 1}: ${round(ms, 0)} ms for ${hours} hours, bare GROUP BY ${round(floorMs, 0)} ms, ratio ${round(floorMs / ms)}; processor time: Node ${round(cpu.node, 1)} s, Postgres ${cpu.postgres === null ? 'unknown' : `${round(cpu.postgres, 1)} s`}`,
    );
  }
  const of = (pick: (run: (typeof runs)[number]) => number): number => median(runs.map(pick));
  return { ours: of((run) => run.ours), floor: of((run) => run.floor), ratio: of((run) => run.ratio) };
}

async function mustHoldAll(
  { database }: Rig,
  { orgId, hours, days, circuits }: Record<'orgId' | 'hours' | 'days' | 'circuits', number>,
) {
  const [rows] = await database.query<Record<'facts' | 'days' | 'grouped' | 'months', number>>(
    `select (select sum(facts)::int from circuit_day where org_id = $1) as facts, (select count(*)::int from circuit_day where org_id = $1) as days,
       (select sum(facts)::int from group_day where org_id = $1 and level = 'region') as grouped,
       (select count(*)::int from circuit_month where org_id = $1) as months`,
    [orgId],
  );
  mustBe('hours in days', rows?.facts, hours);
  mustBe('days of circuits', rows?.days, days);
  mustBe('hours in days of regions', rows?.grouped, hours);
  if ((rows?.months ?? 0) < circuits)
    throw new Error(`Wrong result: ${rows?.months} months of circuits are stored, must be ${circuits} or more.`);
}
