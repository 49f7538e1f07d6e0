/**
 * SQL of a CTE that marks hours for the rollups, to stand in the statement that changes them. `hours` names a CTE with `org_id`, `circuit_id` and
 * `hour` of every changed row. Hours of a circuit that lie more than a day apart get marks of their own, so that a file in no order does not
 * mark the months between them.
 */
export const markingCte = (hours: string): string => `
  marked as (
    insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
    select org_id, circuit_id, min(hour), max(hour) from (
      select org_id, circuit_id, hour, sum(step) over (partition by org_id, circuit_id order by hour) as run from (
        select org_id, circuit_id, hour,
          case when hour - lag(hour) over (partition by org_id, circuit_id order by hour) > interval '1 day' then 1 else 0 end as step
        from ${hours}) steps) runs
    group by org_id, circuit_id, run)`;
