import type { KnownConnection, KnownState, PastFailover, PastReachability, PortState, Span } from '@app/domain';
import type { Queryable } from '@app/shared';

interface AskedCircuits {
  readonly circuitIds: readonly number[];
  readonly span: Span;
}

function grouped<R, T>(rows: readonly R[], keyOf: (row: R) => number, make: (row: R) => T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [make(row)]);
    else group.push(make(row));
  }
  return groups;
}

const byCircuit = ({ circuitId }: { readonly circuitId: number }): number => circuitId;

/** Known states of these circuits, ascending; the first may have begun before the span. */
export async function readStates(
  db: Queryable,
  orgId: number,
  { circuitIds, span }: AskedCircuits,
): Promise<Map<number, KnownState[]>> {
  const rows = await db.query<{ circuitId: number; from: Date; to: Date; state: PortState }>(
    `select circuit_id as "circuitId", from_at as "from", least(to_at, $4) as "to", state from circuit_state
     where org_id = $1 and circuit_id = any($2) and to_at > $3 and from_at < $4 order by circuit_id, from_at`,
    [orgId, circuitIds, new Date(span.from), new Date(span.to)],
  );
  return grouped(rows, byCircuit, ({ from, to, state }) => ({ from: from.getTime(), to: to.getTime(), state }));
}

/** Times in which others carried the sites of these primaries, ascending; what was decided only after the span is left out. */
export async function readFailovers(
  db: Queryable,
  orgId: number,
  { circuitIds, span }: AskedCircuits,
): Promise<Map<number, PastFailover[]>> {
  const rows = await db.query<{ circuitId: number; startedAt: Date; decidedAt: Date; endedAt: Date | null }>(
    `select primary_id as "circuitId", started_at as "startedAt", decided_at as "decidedAt", case when ended_at < $4 then ended_at end as "endedAt"
     from failover where org_id = $1 and primary_id = any($2) and coalesce(ended_at, 'infinity') > $3 and started_at < $4 and decided_at < $4
     order by primary_id, started_at`,
    [orgId, circuitIds, new Date(span.from), new Date(span.to)],
  );
  return grouped(rows, byCircuit, ({ startedAt, decidedAt, endedAt }) => ({
    startedAt: startedAt.getTime(),
    decidedAt: decidedAt.getTime(),
    endedAt: endedAt?.getTime() ?? null,
  }));
}

interface ConnectionRow {
  readonly siteId: number;
  readonly mac: string;
  readonly from: Date;
  readonly to: Date;
  readonly connected: boolean;
}

/** When the gateways of these sites were connected to the cloud, while they were there; stretches ascend. */
export async function readConnections(
  db: Queryable,
  orgId: number,
  { siteIds, span }: { readonly siteIds: readonly number[]; readonly span: Span },
): Promise<Map<number, PastReachability['gateways'][number][]>> {
  const rows = await db.query<ConnectionRow & { readonly [column: string]: unknown }>(
    `select g.site_id as "siteId", d.mac, g.from_at as "from", least(g.to_at, $4) as "to", g.connected
     from gateway_state g join device d on d.org_id = g.org_id and d.id = g.device_id
     where g.org_id = $1 and g.site_id = any($2) and g.to_at > $3 and g.from_at < $4 order by g.site_id, d.id, g.from_at`,
    [orgId, siteIds, new Date(span.from), new Date(span.to)],
  );
  const bySite = grouped(
    rows,
    ({ siteId }) => siteId,
    (row) => row,
  );
  return new Map([...bySite].map(([siteId, own]) => [siteId, gatewaysOf(own)]));
}

function gatewaysOf(rows: readonly ConnectionRow[]): PastReachability['gateways'][number][] {
  const byMac = new Map<string, KnownConnection[]>();
  for (const { mac, from, to, connected } of rows) {
    const stretches = byMac.get(mac) ?? [];
    byMac.set(mac, stretches);
    stretches.push({ from: from.getTime(), to: to.getTime(), connected });
  }
  return [...byMac].map(([mac, stretches]) => ({ mac, stretches }));
}
