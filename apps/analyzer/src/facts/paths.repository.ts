import type { PathSample, Span } from '@app/domain';
import { numbersLiteral, orNull, textsLiteral, type CopyCursor, type Copying } from '@app/shared';
import { wanNamesOf, type WanNames } from './wan-names.js';
import type { LockedCircuit } from './circuits.repository.js';
import { boundsLiterals, withinItem } from './work-items.js';

/** Somebody who asks for the paths of a circuit in `[from, to)`. */
interface Asking extends Span {
  readonly circuit: Pick<LockedCircuit, 'id' | 'portId' | 'deviceId'>;
}

/** A name under which the paths of an item may go. */
interface AskedName extends Span {
  readonly item: number;
  readonly deviceId: number;
  readonly circuitId: number;
  readonly name: string;
  /** Every path of this name is the circuit's own: the port's id, or a WAN name that no other ever had. */
  readonly isOwn: boolean;
}

/** Peer paths of the hours by item, under the port's id or a WAN name that was its own at the time; ascending. */
export async function loadPaths(db: Copying, orgId: number, work: readonly Asking[]): Promise<PathSample[][]> {
  const wanNames = await wanNamesOf(db, orgId, [...new Set(work.flatMap(({ circuit }) => circuit.deviceId ?? []))]);
  const asked = work.flatMap((each, item) => namesOf(each, item, wanNames));
  const lists: PathSample[][] = work.map(() => []);
  if (asked.length === 0) return lists;
  await db.copyRows(pathsSql(orgId, asked), (row) => {
    const name = asked[row.int4() - 1];
    const path = pathOf(row);
    if (name === undefined || !(name.isOwn || wanNames.isOf(name.circuitId, { ...name, at: path.at }))) return;
    lists[name.item]?.push(path);
  });
  return lists.map((list) => (isInOrder(list) ? list : onePerPeer(list)));
}

/** The port's id before its other names. */
function namesOf({ circuit, from, to }: Asking, item: number, wanNames: WanNames): AskedName[] {
  const { id: circuitId, portId, deviceId } = circuit;
  if (deviceId === null) return [];
  const others = wanNames.of(circuitId).filter((name) => name !== portId);
  return [portId, ...others.sort()].map((name) => {
    const isOwn = name === portId || wanNames.isAlwaysOf(circuitId, { deviceId, name });
    return { item, deviceId, circuitId, name, isOwn, from, to };
  });
}

/** Ordered inside, so that the planner looks each name up instead of reading all paths of these hours. */
const pathsSql = (orgId: number, asked: readonly AskedName[]): string => {
  const devices = numbersLiteral(
    asked.map(({ deviceId }) => deviceId),
    'int',
  );
  return `select i.i::int, p.at, p.peer, p.up, p.active, p.latency_ms, p.jitter_ms, p.loss_pct, p.mos, p.mtu
    from unnest(${devices}, ${textsLiteral(asked.map(({ name }) => name))}, ${boundsLiterals(asked)}) with ordinality as i (device, name, lower, upper, i)
    cross join lateral (select p.* from path_sample p
      where p.org_id = ${orgId} and p.device_id = i.device and p.port_name = i.name and ${withinItem('p', asked)} order by p.at, p.peer) p
    order by i.i`;
};

const pathOf = (row: CopyCursor): PathSample => ({
  at: row.instant(),
  peer: row.repeatedText() ?? '',
  up: row.bool(),
  active: row.bool(),
  latencyMs: orNull(row.float8()),
  jitterMs: orNull(row.float8()),
  lossPct: orNull(row.float8()),
  mos: orNull(row.float8()),
  mtu: orNull(row.int4()),
});

/** Ascending, and no two of one peer and instant: told under a single name. */
function isInOrder(paths: readonly PathSample[]): boolean {
  for (let i = 1; i < paths.length; i++) {
    const [last, next] = [paths[i - 1], paths[i]];
    if (last === undefined || next === undefined) return false;
    if (last.at > next.at || (last.at === next.at && last.peer >= next.peer)) return false;
  }
  return true;
}

/** What several names told, in the order of time; of one peer and instant only what the first of them told. */
function onePerPeer(paths: readonly PathSample[]): PathSample[] {
  const kept = new Map<string, PathSample>();
  for (const path of paths) {
    const key = `${path.at} ${path.peer}`;
    if (!kept.has(key)) kept.set(key, path);
  }
  return [...kept.values()].sort((a, b) => a.at - b.at);
}
