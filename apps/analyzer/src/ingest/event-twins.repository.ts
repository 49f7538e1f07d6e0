import type { EpochMs } from '@app/domain';
import type { DeviceEventRecord } from '@app/mist';
import type { Queryable } from '@app/shared';

const SECOND_MS = 1000;

interface Told {
  readonly mac: string;
  readonly type: string;
  readonly at: EpochMs;
  readonly portId: string;
}

const secondOf = (at: EpochMs): EpochMs => Math.floor(at / SECOND_MS) * SECOND_MS;
const isWhole = (at: EpochMs): boolean => at % SECOND_MS === 0;

/** Told at the same time, as far as the coarser of the two tells: one way of Mist's gives whole seconds where the other gives fractions. */
const isSameTime = (a: EpochMs, b: EpochMs): boolean => a === b || (secondOf(a) === secondOf(b) && (isWhole(a) || isWhole(b)));

/** One event that came twice, by webhook and by poll; one of the two may name the port where the other does not. */
const isSameEvent = (a: Told, b: Told): boolean =>
  isSameTime(a.at, b.at) && (a.portId === b.portId || a.portId === '' || b.portId === '');

const keyOf = ({ mac, type, at }: Pick<Told, 'mac' | 'type' | 'at'>): string => `${mac}|${type}|${String(secondOf(at))}`;

/**
 * The events that were not told before in another wording. What names its port stands above what does not, which is then taken back: it has told
 * nothing of a circuit. Exact repeats pass; their key makes them harmless.
 */
export async function withoutTwins(
  db: Queryable,
  orgId: number,
  records: readonly DeviceEventRecord[],
): Promise<readonly DeviceEventRecord[]> {
  if (records.length === 0) return records;
  const stored = await storedAround(db, orgId, records);
  if (stored.size === 0) return records;
  const superseded: Told[] = [];
  const kept = records.filter((record) => {
    const told: Told = { ...record, portId: record.portId ?? '' };
    const twins = (stored.get(keyOf(record)) ?? []).filter((each) => isSameEvent(each, told));
    if (twins.some((twin) => twin.portId === told.portId && twin.at === told.at)) return true;
    const isBetter = twins.length > 0 && told.portId !== '' && twins.every(({ portId }) => portId === '');
    if (isBetter) superseded.push(...twins);
    return twins.length === 0 || isBetter;
  });
  await takeBack(db, orgId, superseded);
  return kept;
}

/** Stored events of the same device, type and second; `offset 0` has each looked up by the key instead of reading the day for all. */
async function storedAround(
  db: Queryable,
  orgId: number,
  records: readonly DeviceEventRecord[],
): Promise<ReadonlyMap<string, readonly Told[]>> {
  const asked = [...new Map(records.map((record) => [keyOf(record), record])).values()];
  const seconds = asked.map(({ at }) => secondOf(at));
  const rows = await db.query<{ mac: string; type: string; at: Date; port_id: string }>(
    `select e.* from unnest($2::text[], $3::text[], $4::timestamptz[]) as u (mac, type, second)
     cross join lateral (
       select e.mac, e.type, e.at, e.port_id from device_event e
       where e.org_id = $1 and e.mac = u.mac and e.type = u.type and e.at >= u.second and e.at < u.second + interval '1 second'
         and e.at >= $5 and e.at < $6
       offset 0) e`,
    [
      orgId,
      asked.map(({ mac }) => mac),
      asked.map(({ type }) => type),
      seconds.map((at) => new Date(at)),
      new Date(seconds.reduce((low, at) => Math.min(low, at), Infinity)),
      new Date(seconds.reduce((high, at) => Math.max(high, at), -Infinity) + SECOND_MS),
    ],
  );
  const found = new Map<string, Told[]>();
  for (const row of rows) {
    const told = { mac: row.mac, type: row.type, at: row.at.getTime(), portId: row.port_id };
    found.set(keyOf(told), [...(found.get(keyOf(told)) ?? []), told]);
  }
  return found;
}

async function takeBack(db: Queryable, orgId: number, events: readonly Told[]): Promise<void> {
  if (events.length === 0) return;
  await db.query(
    `delete from device_event e using unnest($2::text[], $3::text[], $4::timestamptz[]) as u (mac, type, at)
     where e.org_id = $1 and e.mac = u.mac and e.type = u.type and e.at = u.at and e.port_id = ''`,
    [orgId, events.map(({ mac }) => mac), events.map(({ type }) => type), events.map(({ at }) => new Date(at))],
  );
}
