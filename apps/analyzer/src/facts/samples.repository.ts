import type { PortSample, Span } from '@app/domain';
import { orNull, type CopyCursor, type Copying } from '@app/shared';
import { counterBitsOf } from './port-rows.js';
import { copiedItems, withinItem } from './work-items.js';

/** Hours `[from, to)` of one circuit whose samples are asked for. */
export interface SampledSpan extends Span {
  readonly circuitId: number;
}

/** Columns of a sample of table `s` in the order in which `sampleOf` reads them. */
export const SAMPLE_COLUMNS = `s.at, s.received_at, s.up, s.active, s.disabled, s.rx_bytes, s.tx_bytes, s.uptime_s, s.counter_bits, s.speed_mbps, s.last_flapped_at,
  s.latency_ms, s.jitter_ms, s.loss_pct`;

/** The sample in whose columns the row stands. */
export const sampleOf = (row: CopyCursor): PortSample => ({
  at: row.instant(),
  receivedAt: row.instant(),
  up: row.bool(),
  active: row.bool(),
  disabled: row.bool() ?? false,
  rxBytes: orNull(row.int8()),
  txBytes: orNull(row.int8()),
  uptimeS: orNull(row.int8()),
  counterBits: counterBitsOf(orNull(row.int2())),
  speedMbps: orNull(row.float8()),
  lastFlappedAt: orNull(row.instant()),
  latencyMs: orNull(row.float8()),
  jitterMs: orNull(row.float8()),
  lossPct: orNull(row.float8()),
});

/** The samples of each stretch, ascending. */
export async function loadPolls(db: Copying, orgId: number, spans: readonly SampledSpan[]): Promise<PortSample[][]> {
  const lists: PortSample[][] = spans.map(() => []);
  if (spans.length === 0) return lists;
  // Ordered inside, so that the planner looks each circuit up instead of reading all circuits of these hours.
  await db.copyRows(
    `select i.i::int, ${SAMPLE_COLUMNS} from ${copiedItems(spans)} cross join lateral (select s.* from port_sample s
       where s.org_id = ${orgId} and s.circuit_id = i.circuit and ${withinItem('s', spans)} order by s.at) s`,
    (row) => {
      const list = lists[row.int4() - 1];
      list?.push(sampleOf(row));
    },
  );
  for (const list of lists) if (!isAscending(list)) list.sort((a, b) => a.at - b.at);
  return lists;
}

function isAscending(list: readonly { readonly at: number }[]): boolean {
  for (let i = 1; i < list.length; i++) if ((list[i - 1]?.at ?? 0) > (list[i]?.at ?? 0)) return false;
  return true;
}
