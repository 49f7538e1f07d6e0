import { UNKNOWN_BANDWIDTH, type Bandwidth, type BandwidthSource, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';

interface AttributeRow {
  readonly circuit_id: number;
  readonly source: 'configured' | 'traffic_shaping';
  readonly since: number;
  /** It was said no longer from here on. */
  readonly until: number;
  readonly down: number | null;
  readonly up: number | null;
}

export type BandwidthAt = (hour: EpochMs) => Bandwidth;

/** The operator's figure of the time, else Mist's traffic shaping of the time; a dated row without a figure leaves the earlier one. */
export function bandwidthAtOf(rows: readonly AttributeRow[]): BandwidthAt {
  const bySource = (source: AttributeRow['source']): AttributeRow[] => rows.filter((row) => row.source === source);
  const sources: [BandwidthSource, AttributeRow[]][] = [
    ['configured', bySource('configured')],
    ['traffic_shaping', bySource('traffic_shaping')],
  ];
  return (hour) => {
    for (const [source, dated] of sources) {
      let [downMbps, upMbps]: [number | null, number | null] = [null, null];
      for (const row of dated) {
        if (row.since > hour) break;
        if (row.until <= hour) continue;
        downMbps = row.down ?? downMbps;
        upMbps = row.up ?? upMbps;
      }
      if (downMbps !== null || upMbps !== null) return { downMbps, upMbps, source };
    }
    return UNKNOWN_BANDWIDTH;
  };
}

/** Bandwidth by time for each of these circuits; the link speed, the last resort, is up to the samples. */
export async function bandwidthsOf(
  db: Queryable,
  orgId: number,
  circuitIds: readonly number[],
): Promise<Map<number, BandwidthAt>> {
  const rows = await db.query<AttributeRow>(
    `select circuit_id, source, (extract(epoch from since) * 1000)::float8 as since,
       (extract(epoch from until) * 1000)::float8 as until, bandwidth_down_mbps as down, bandwidth_up_mbps as up
     from circuit_attribute where org_id = $1 and circuit_id = any($2) and source in ('configured', 'traffic_shaping')
       and (bandwidth_down_mbps is not null or bandwidth_up_mbps is not null)
     order by circuit_id, since`,
    [orgId, circuitIds],
  );
  const byCircuit = new Map<number, AttributeRow[]>();
  for (const row of rows) {
    const list = byCircuit.get(row.circuit_id);
    if (list === undefined) byCircuit.set(row.circuit_id, [row]);
    else list.push(row);
  }
  return new Map([...byCircuit].map(([id, list]) => [id, bandwidthAtOf(list)]));
}
