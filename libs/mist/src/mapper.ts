import type { EpochMs } from '@app/domain';
import type { CollectKind } from './collect-kind.js';
import { mapRecord, type RecordOf } from './map-record.js';
import type { BatchContext } from './outcome.js';
import type { MappedBatch, SetAside } from './records.js';

interface Sorted<K extends CollectKind> {
  readonly kind: K;
  readonly records: readonly RecordOf[K][];
  readonly positions: readonly number[];
  readonly setAside: readonly SetAside[];
  readonly notOurs: number;
}

function sort<K extends CollectKind>(kind: K, rows: readonly unknown[], observedAt: EpochMs, context: BatchContext): Sorted<K> {
  const records: RecordOf[K][] = [];
  const positions: number[] = [];
  const setAside: SetAside[] = [];
  let notOurs = 0;
  rows.forEach((record, position) => {
    const outcome = mapRecord(kind, record, { observedAt, context });
    if (outcome.is === 'ours') {
      records.push(outcome.record);
      positions.push(position);
    } else if (outcome.is === 'not-ours') notOurs += 1;
    else setAside.push({ position, reason: outcome.reason, record });
  });
  return { kind, records, positions, setAside, notOurs };
}

type BatchOf = {
  readonly [K in CollectKind]: (rows: readonly unknown[], observedAt: EpochMs, context: BatchContext) => MappedBatch;
};

const BATCHES: BatchOf = {
  sites: (...page) => sort('sites', ...page),
  'site-groups': (...page) => sort('site-groups', ...page),
  inventory: (...page) => sort('inventory', ...page),
  gateways: (...page) => sort('gateways', ...page),
  'wan-ports': (...page) => sort('wan-ports', ...page),
  'peer-paths': (...page) => sort('peer-paths', ...page),
  'device-events': (...page) => sort('device-events', ...page),
  alarms: (...page) => sort('alarms', ...page),
  'sle-wifi': (...page) => sort('sle-wifi', ...page),
  'sle-wan': (...page) => sort('sle-wan', ...page),
  'sle-detail': (...page) => sort('sle-detail', ...page),
  'gateway-config': (...page) => sort('gateway-config', ...page),
};

/** One page of Mist's rows as our records. A row that does not parse is set aside with its reason; its neighbours go on. */
export function mapBatch(
  kind: CollectKind,
  records: readonly unknown[],
  observedAt: EpochMs,
  context: BatchContext = {},
): MappedBatch {
  return BATCHES[kind](records, observedAt, context);
}
