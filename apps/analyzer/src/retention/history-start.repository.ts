import type { EpochMs } from '@app/domain';
import type { Database } from '@app/shared';
import { instant } from '../facts/sql-time.js';

/** Circuits looked at in one transaction. */
const CHUNK = 500;

/** Circuits first observed before `until` begin with the first hour they still have: nobody looks for earlier ones any more. */
export async function beginHistoryLater(database: Database, until: EpochMs): Promise<void> {
  let [orgId, id] = [0, 0];
  for (;;) {
    const due = await database.query<{ org_id: number; id: number }>(
      `select org_id, id from circuit where first_observed_at < ${instant('$1::float8')} and (org_id, id) > ($2, $3) order by org_id, id limit ${String(CHUNK)}`,
      [until, orgId, id],
    );
    const last = due.at(-1);
    if (last === undefined) return;
    for (const org of new Set(due.map((row) => row.org_id))) {
      const ids = due.filter((row) => row.org_id === org).map((row) => row.id);
      await database.transaction(async (tx) => {
        await tx.query('select 1 from circuit where org_id = $1 and id = any($2) order by id for update', [org, ids]);
        await tx.query(
          `update circuit c set first_observed_at = f.hour from unnest($2::int[]) as u (id)
           cross join lateral (select hour from circuit_hour h where h.org_id = $1 and h.circuit_id = u.id order by hour limit 1) f
           where c.org_id = $1 and c.id = u.id and f.hour > c.first_observed_at`,
          [org, ids],
        );
      });
    }
    [orgId, id] = [last.org_id, last.id];
  }
}
