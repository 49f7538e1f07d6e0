import type { PortSample, Span } from '@app/domain';
import { CopiedRows, type Copying } from '@app/shared';
import { counterBitsOf } from './port-rows.js';
import { copiedItems, withinItem } from './work-items.js';

/** Hours `[from, to)` of one circuit whose samples are asked for. */
export interface SampledSpan extends Span {
  readonly circuitId: number;
}

/** In the order in which `sampleOf` reads them. */
const COLUMNS = `s.at, s.received_at, s.up, s.active, s.disabled, s.rx_bytes, s.tx_bytes, s.uptime_s, s.counter_bits, s.speed_mbps, s.last_flapped_at,
  s.latency_ms, s.jitter_ms, s.loss_pct`;

const sampleOf = (rows: CopiedRows): PortSample => ({
  at: rows.instant() ?? 0,
  receivedAt: rows.instant() ?? 0,
  up: rows.bool(),
  active: rows.bool(),
  disabled: rows.bool() ?? false,
  rxBytes: rows.int8(),
  txBytes: rows.int8(),
  uptimeS: rows.int8(),
  counterBits: counterBitsOf(rows.int2()),
  speedMbps: rows.float8(),
  lastFlappedAt: rows.instant(),
  latencyMs: rows.float8(),
  jitterMs: rows.float8(),
  lossPct: rows.float8(),
});

/** The samples of each stretch, ascending. */
export async function loadPolls(db: Copying, orgId: number, spans: readonly SampledSpan[]): Promise<PortSample[][]> {
  const lists: PortSample[][] = spans.map(() => []);
  if (spans.length === 0) return lists;
  // Ordered inside, so that the planner looks each circuit up instead of reading all circuits of these hours.
  const copied = await db.copyOut(
    `copy (select i.i::int, ${COLUMNS} from ${copiedItems(spans)} cross join lateral (select s.* from port_sample s
       where s.org_id = ${orgId} and s.circuit_id = i.circuit and ${withinItem('s', spans)} order by s.at) s) to stdout (format binary)`,
  );
  for (const rows = new CopiedRows(copied); rows.next();) {
    const list = lists[(rows.int4() ?? 0) - 1];
    const sample = sampleOf(rows);
    list?.push(sample);
  }
  for (const list of lists) if (!isAscending(list)) list.sort((a, b) => a.at - b.at);
  return lists;
}

function isAscending(list: readonly { readonly at: number }[]): boolean {
  for (let i = 1; i < list.length; i++) if ((list[i - 1]?.at ?? 0) > (list[i]?.at ?? 0)) return false;
  return true;
}
