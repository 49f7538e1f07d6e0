import type { CircuitRole, EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { Cells } from './cells.js';
import { prepareRecompute } from './hour-partitions.js';
import type { KindDefinition } from './kind.js';
import { parsePlace, PLACE_COLUMNS, placed, type Placed, type PortPlace } from './places.js';

/** What a file says of a circuit from a date on; null = this row does not say. */
interface Attributes {
  readonly name: string | null;
  readonly role: CircuitRole | null;
  readonly provider: string | null;
  readonly type: string | null;
  readonly downMbps: number | null;
  readonly upMbps: number | null;
}

interface CircuitRow extends PortPlace, Attributes {
  /** Null = since ever. */
  readonly since: EpochMs | null;
}

/** One bandwidth given counts for both ways. */
function parseCircuit(cells: Cells): CircuitRow {
  const down = cells.number('bandwidth_down_mbps', { min: 0 });
  const up = cells.number('bandwidth_up_mbps', { min: 0 });
  return {
    ...parsePlace(cells),
    name: cells.text('name'),
    role: cells.oneOf('role', ['primary', 'secondary', 'backup']),
    provider: cells.text('provider'),
    type: cells.text('type'),
    downMbps: down ?? up,
    upMbps: up ?? down,
    since: cells.time('since'),
  };
}

const SAYS_NOTHING: Attributes = { name: null, role: null, provider: null, type: null, downMbps: null, upMbps: null };
const NAMES = Object.keys(SAYS_NOTHING) as (keyof Attributes)[];
const keyOf = (circuitId: number, since: EpochMs | null): string => `${String(circuitId)} ${String(since)}`;

/** One row per circuit and date: where several lines tell of the same, the last that says something counts, cell by cell. */
function periodsOf(rows: readonly Placed<CircuitRow>[]): Placed<CircuitRow>[] {
  const byKey = new Map<string, Placed<CircuitRow>>();
  for (const row of rows) {
    const key = keyOf(row.circuitId, row.since);
    const said = Object.fromEntries(NAMES.filter((name) => row[name] !== null).map((name) => [name, row[name]]));
    byKey.set(key, { ...(byKey.get(key) ?? row), ...said });
  }
  return [...byKey.values()];
}

const COLUMNS = ['name', 'role', 'provider', 'type', 'bandwidth_down_mbps', 'bandwidth_up_mbps'];
const merged = COLUMNS.map((column) => `coalesce(excluded.${column}, a.${column})`);

/** Returns the keys of rows that are new or changed. */
async function upsertPeriods(db: Queryable, orgId: number, rows: readonly Placed<CircuitRow>[]): Promise<Set<string>> {
  const changed = await db.query<{ circuit_id: number; since: number | null }>(
    `insert into circuit_attribute as a (org_id, circuit_id, source, since, ${COLUMNS.join(', ')})
     select $1, u.circuit, 'configured', coalesce(to_timestamp(u.since / 1000), '-infinity'), u.name, u.role, u.provider, u.type, u.down, u.up
     from unnest($2::int[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[])
       as u (circuit, since, name, role, provider, type, down, up) order by u.circuit, u.since
     on conflict (org_id, circuit_id, source, since) do update set ${COLUMNS.map((column, i) => `${column} = ${merged[i] ?? ''}`).join(', ')}
     where (${COLUMNS.map((column) => `a.${column}`).join(', ')}) is distinct from (${merged.join(', ')})
     returning circuit_id, case when isfinite(since) then round(extract(epoch from since) * 1000)::float8 end as since`,
    [
      orgId,
      rows.map(({ circuitId }) => circuitId),
      rows.map(({ since }) => since),
      rows.map(({ name }) => name),
      rows.map(({ role }) => role),
      rows.map(({ provider }) => provider),
      rows.map(({ type }) => type),
      rows.map(({ downMbps }) => downMbps),
      rows.map(({ upMbps }) => upMbps),
    ],
  );
  return new Set(changed.map(({ circuit_id, since }) => keyOf(circuit_id, since)));
}

interface Changed {
  readonly rows: readonly Placed<CircuitRow>[];
  /** Circuits whose bandwidth is now another. */
  readonly circuitIds: readonly number[];
}

async function changedBy(tx: Queryable, orgId: number, circuits: readonly Placed<CircuitRow>[]): Promise<Changed> {
  const changed = await upsertPeriods(tx, orgId, periodsOf(circuits));
  const rows = circuits.filter(({ circuitId, since }) => changed.has(keyOf(circuitId, since)));
  const withBandwidth = rows.filter(({ downMbps, upMbps }) => downMbps !== null || upMbps !== null);
  return { rows, circuitIds: [...new Set(withBandwidth.map(({ circuitId }) => circuitId))].sort((a, b) => a - b) };
}

export const CIRCUITS: KindDefinition<CircuitRow> = {
  columns: [...PLACE_COLUMNS, 'name', 'role', 'provider', 'type', 'bandwidth_down_mbps', 'bandwidth_up_mbps', 'since'],
  required: PLACE_COLUMNS,
  parse: parseCircuit,
  timeOf: () => null,
  prepare: ({ database, org, now }) => prepareRecompute(database, org.id, now),
  store: async (tx, context, rows) => {
    const orgId = context.org.id;
    const circuits = await placed(tx, context, rows);
    const changed = await changedBy(tx, orgId, circuits);
    if (changed.circuitIds.length > 0) {
      // The bandwidth also decides between a wrapped and a restarted counter, so hours whose samples live are counted again.
      await context.facts.recompute(tx, orgId, changed.circuitIds, { now: context.now });
      await context.facts.rederive(tx, orgId, changed.circuitIds);
    }
    return changed.rows.length;
  },
};
