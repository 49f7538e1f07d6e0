import type { EpochMs } from '../sample.js';
import { connectionStretches, type ConnectionReading, type ConnectionStretch } from './reachability.js';

/** Readings of a gateway from the last one before a change to the first one after it, and the stored stretches that they touch. */
export interface ConnectionChange {
  readonly readings: readonly { readonly at: EpochMs; readonly connected: boolean }[];
  readonly stored: readonly ConnectionStretch[];
  /** Where the gateway is now: what no stored stretch covers was seen there. */
  readonly siteId: number | null;
}

/**
 * The stretches that take the place of the stored ones: between the first and the last of the readings as these tell, outside as they were. So
 * late readings cost their neighbourhood alone, and any order gives what all readings together would give.
 */
export const remadeStretches = ({ readings, stored, siteId }: ConnectionChange, maxGapMs: number): ConnectionStretch[] => {
  const siteAt = (at: EpochMs): number | null => {
    const covering = stored.findLast(({ from, to }) => from <= at && at <= to);
    return covering === undefined ? siteId : covering.siteId;
  };
  const told: ConnectionReading[] = readings.map(({ at, connected }) => ({ at, connected, siteId: siteAt(at) }));
  const made = connectionStretches(told, maxGapMs);
  const [first, last] = [made[0], made.at(-1)];
  if (first === undefined || last === undefined) return [...stored];
  const before = stored.flatMap((stretch) =>
    stretch.from < first.from ? [{ ...stretch, to: Math.min(stretch.to, first.from) }] : [],
  );
  const after = stored.flatMap((stretch) =>
    stretch.to > last.to ? [{ ...stretch, from: Math.max(stretch.from, last.to) }] : [],
  );
  return joined([...before, ...made, ...after]);
};

/** Neighbours that touch and are alike become one. */
const joined = (stretches: readonly ConnectionStretch[]): ConnectionStretch[] => {
  const result: { from: EpochMs; to: EpochMs; connected: boolean; siteId: number | null }[] = [];
  for (const stretch of stretches) {
    const last = result.at(-1);
    const isSame = last !== undefined && last.connected === stretch.connected && last.siteId === stretch.siteId;
    if (isSame && last.to === stretch.from) last.to = stretch.to;
    // Of two that begin at one instant the first is empty, and says nothing.
    else if (last?.from === stretch.from) result.splice(-1, 1, { ...stretch });
    else result.push({ ...stretch });
  }
  return result;
};
