import type { EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import { epochMs, msOf } from './sql-time.js';

/** From when on a port went by a WAN name; `null` = by none. `-Infinity`: since ever. */
export interface WanNameSince {
  readonly circuitId: number;
  readonly deviceId: number;
  readonly name: string | null;
  readonly since: EpochMs;
}

interface Claim {
  readonly circuitId: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * Which circuit a peer path belongs to that goes by a WAN name. Names change, and ports may swap them: the one that had the name at the time has
 * the path. Where nobody had it then, a port took it before we learned of it, so the first to have it afterwards counts.
 */
export class WanNames {
  private readonly claims = new Map<string, Claim[]>();
  private readonly names = new Map<number, string[]>();

  /** Rows of whole gateways, ascending by circuit and time. */
  constructor(rows: readonly WanNameSince[]) {
    rows.forEach((row, i) => {
      const next = rows[i + 1];
      if (row.name === null) return;
      const to = next?.circuitId === row.circuitId ? next.since : Infinity;
      append(this.claims, keyOf(row.deviceId, row.name), { circuitId: row.circuitId, from: row.since, to });
      append(this.names, row.circuitId, row.name);
    });
  }

  /** All names a circuit ever had. */
  of(circuitId: number): readonly string[] {
    return [...new Set(this.names.get(circuitId))];
  }

  /** Whether no other circuit ever had this name of the gateway's: then its paths are the circuit's at any time. */
  isAlwaysOf(circuitId: number, { deviceId, name }: { readonly deviceId: number; readonly name: string }): boolean {
    const claims = this.claims.get(keyOf(deviceId, name)) ?? [];
    return claims.length > 0 && claims.every((claim) => claim.circuitId === circuitId);
  }

  isOf(circuitId: number, path: { readonly deviceId: number; readonly name: string; readonly at: EpochMs }): boolean {
    const claims = this.claims.get(keyOf(path.deviceId, path.name)) ?? [];
    const then = claims.filter(({ from, to }) => from <= path.at && path.at < to);
    // A port's first name counts since ever, also where another port still had it then: that one gave it up sooner.
    const end = Math.min(...then.map(({ to }) => to));
    if (then.length > 0) return then.some((claim) => claim.circuitId === circuitId && claim.to === end);
    const later = claims.filter(({ from }) => from > path.at).sort((a, b) => a.from - b.from)[0];
    const owner = later ?? [...claims].sort((a, b) => b.to - a.to)[0];
    return owner?.circuitId === circuitId;
  }
}

const keyOf = (deviceId: number, name: string): string => `${deviceId} ${name}`;

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The names of all ports of these gateways through time. */
export async function wanNamesOf(db: Queryable, orgId: number, deviceIds: readonly number[]): Promise<WanNames> {
  if (deviceIds.length === 0) return new WanNames([]);
  const rows = await db.query<{ circuit: number; device: number; name: string | null; since_ms: number }>(
    `select c.id as circuit, d.id as device, a.name, ${epochMs('a.since')} as since_ms
     from device d join circuit c on c.org_id = $1 and c.mac = d.mac
     join circuit_attribute a on a.org_id = $1 and a.circuit_id = c.id and a.source = 'mist'
     where d.org_id = $1 and d.id = any($2) order by c.id, a.since`,
    [orgId, deviceIds],
  );
  return new WanNames(
    rows.map((row) => ({
      circuitId: row.circuit,
      deviceId: row.device,
      name: row.name,
      since: Number.isFinite(row.since_ms) ? msOf(row.since_ms) : -Infinity,
    })),
  );
}
