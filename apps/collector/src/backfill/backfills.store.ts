import { Inject, Injectable } from '@nestjs/common';
import { BACKFILL_KINDS, Database, type BackfillKind } from '@app/shared';
import { planKind } from './backfill-plan.repository.js';

export interface BackfillKey {
  readonly orgRowId: number;
  readonly backfillId: number;
  readonly holder: string;
}

export interface LeasedBackfill extends BackfillKey {
  readonly from: number;
  readonly to: number;
  readonly kinds: readonly BackfillKind[];
  readonly isPlanned: boolean;
}

/** One question to Mist. The place is that of a circuit; of other kinds it is null. */
export interface BackfillStep {
  readonly position: number;
  readonly kind: BackfillKind;
  readonly from: number;
  readonly to: number;
  /** How often it has failed. */
  readonly attempts: number;
  readonly place: { readonly siteId: string; readonly mac: string; readonly portId: string; readonly deviceId: string } | null;
}

export interface Waiting {
  readonly code: string;
  readonly reason: string;
  readonly until: number;
}

interface StepRow extends Record<string, unknown> {
  readonly position: number;
  readonly kind: BackfillKind;
  readonly from_at: Date;
  readonly to_at: Date;
  readonly attempts: number;
  readonly site: string | null;
  readonly mac: string | null;
  readonly port: string | null;
  readonly device: string | null;
}

/** After so many failed attempts a question is given up. */
const MAX_ATTEMPTS = 5;

/** Where backfills stand, in Postgres: whoever goes on finds everything here. */
@Injectable()
export class BackfillStore {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The org's oldest backfill that is not finished and need not wait, unless another collector is at it. */
  async lease(orgRowId: number, holder: string, { now, until }: { now: number; until: number }): Promise<LeasedBackfill | null> {
    const rows = await this.database.query<{
      id: number;
      from_at: Date;
      to_at: Date;
      kinds: BackfillKind[];
      is_planned: boolean;
    }>(
      `update backfill b set lease_holder = $2, lease_until = $4 from (
         select id from backfill where org_id = $1 and finished_at is null and (waiting_until is null or waiting_until <= $3)
         order by id limit 1 for update) n
       where b.org_id = $1 and b.id = n.id and (b.lease_until is null or b.lease_until < $3)
       returning b.id, b.from_at, b.to_at, b.kinds, b.planned_at is not null as is_planned`,
      [orgRowId, holder, new Date(now), new Date(until)],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const window = { from: row.from_at.getTime(), to: row.to_at.getTime() };
    return { orgRowId, backfillId: row.id, holder, ...window, kinds: row.kinds, isPlanned: row.is_planned };
  }

  async renew({ orgRowId, backfillId, holder }: BackfillKey, until: number): Promise<boolean> {
    const rows = await this.database.query(
      'update backfill set lease_until = $4 where org_id = $1 and id = $2 and lease_holder = $3 returning 1 as one',
      [orgRowId, backfillId, holder, new Date(until)],
    );
    return rows.length > 0;
  }

  /** Gives the lease back; with a reason to wait nobody goes on before its time. */
  async release({ orgRowId, backfillId, holder }: BackfillKey, waiting: Waiting | null): Promise<void> {
    await this.database.query(
      `update backfill set lease_holder = null, lease_until = null, waiting_code = $4, waiting_reason = $5, waiting_until = $6
       where org_id = $1 and id = $2 and lease_holder = $3`,
      [
        orgRowId,
        backfillId,
        holder,
        waiting?.code ?? null,
        waiting?.reason ?? null,
        waiting === null ? null : new Date(waiting.until),
      ],
    );
  }

  async finish({ orgRowId, backfillId, holder }: BackfillKey, now: number): Promise<void> {
    await this.database.query(
      `update backfill set finished_at = $4, lease_holder = null, lease_until = null, waiting_code = null, waiting_reason = null, waiting_until = null
       where org_id = $1 and id = $2 and lease_holder = $3`,
      [orgRowId, backfillId, holder, new Date(now)],
    );
  }

  /** Writes down every question, the most useful first. */
  async plan({ orgRowId, backfillId, from, to, kinds }: LeasedBackfill, now: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const open = await tx.query(
        'update backfill set planned_at = $3 where org_id = $1 and id = $2 and planned_at is null returning 1',
        [orgRowId, backfillId, new Date(now)],
      );
      if (open.length === 0) return;
      for (const kind of BACKFILL_KINDS.filter((each) => kinds.includes(each)))
        await planKind(tx, kind, { orgRowId, backfillId, from, to, now });
    });
  }

  /** Counts what the analyzer has stored since; what was read before `lostBefore` and is not stored will be read again. */
  async settle({ orgRowId, backfillId }: BackfillKey, lostBefore: number): Promise<void> {
    await this.database.query(
      `update backfill_step s set stored_at = c.committed_at from poll_cycle c
       where s.org_id = $1 and s.backfill_id = $2 and s.stored_at is null and c.org_id = $1 and c.cycle_id = s.cycle_id and c.committed_at is not null`,
      [orgRowId, backfillId],
    );
    await this.database.query(
      `update backfill_step set read_at = null, cycle_id = null, attempts = attempts + 1, failure = 'read, but not stored within five minutes'
       where org_id = $1 and backfill_id = $2 and stored_at is null and read_at < $3`,
      [orgRowId, backfillId, new Date(lostBefore)],
    );
  }

  /** The next questions of one kind that were not asked yet. */
  async next({ orgRowId, backfillId }: BackfillKey, limit: number): Promise<BackfillStep[]> {
    const rows = await this.database.query<StepRow>(
      `with open as (
         select * from backfill_step where org_id = $1 and backfill_id = $2 and stored_at is null and read_at is null and attempts < $4
         order by attempts, position limit $3)
       select o.position, o.kind, o.from_at, o.to_at, o.attempts, s.external_id as site, c.mac, c.port_id as port, d.external_id as device
       from open o left join circuit c on c.org_id = $1 and c.id = o.circuit_id
       left join site s on s.org_id = $1 and s.id = c.site_id left join device d on d.org_id = $1 and d.mac = c.mac
       where o.kind = (select kind from open order by attempts, position limit 1) order by o.attempts, o.position`,
      [orgRowId, backfillId, limit, MAX_ATTEMPTS],
    );
    return rows.map(toStep);
  }

  /** Questions asked whose answers are not stored yet. */
  async underWay({ orgRowId, backfillId }: BackfillKey): Promise<number> {
    const rows = await this.database.query<{ count: number }>(
      `select count(*)::int as count from backfill_step
       where org_id = $1 and backfill_id = $2 and stored_at is null and read_at is not null and attempts < $3`,
      [orgRowId, backfillId, MAX_ATTEMPTS],
    );
    return rows[0]?.count ?? 0;
  }

  async markRead(
    { orgRowId, backfillId }: BackfillKey,
    steps: readonly BackfillStep[],
    cycle: { cycleId: string; now: number },
  ): Promise<void> {
    await this.database.query(
      `update backfill_step set read_at = $4, cycle_id = $5, failure = null where org_id = $1 and backfill_id = $2 and position = any($3::int[])`,
      [orgRowId, backfillId, steps.map(({ position }) => position), new Date(cycle.now), cycle.cycleId],
    );
  }

  async markFailed({ orgRowId, backfillId }: BackfillKey, steps: readonly BackfillStep[], reason: string): Promise<void> {
    await this.database.query(
      `update backfill_step set attempts = attempts + 1, failure = $4 where org_id = $1 and backfill_id = $2 and position = any($3::int[])`,
      [orgRowId, backfillId, steps.map(({ position }) => position), reason],
    );
  }

  /** Whether the org has a backfill that somebody must go on with. */
  async isOpen(orgRowId: number): Promise<boolean> {
    return (
      (await this.database.query('select 1 from backfill where org_id = $1 and finished_at is null limit 1', [orgRowId])).length >
      0
    );
  }
}

/** Mist's id of a gateway ends with its MAC; inventory may not have told it yet. */
const GATEWAY_ID = '00000000-0000-0000-1000-';

function toStep(row: StepRow): BackfillStep {
  const { position, kind, attempts, site, mac, port, device } = row;
  const place =
    site === null || mac === null || port === null
      ? null
      : { siteId: site, mac, portId: port, deviceId: device ?? `${GATEWAY_ID}${mac}` };
  return { position, kind, from: row.from_at.getTime(), to: row.to_at.getTime(), attempts, place };
}
