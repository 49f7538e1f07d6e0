import { COLLECT_KINDS, type CollectKind } from '../queue/contracts.js';
import { defaulted, withDefault, type Field, type Fields } from './yaml-reader.js';
import { integer, oneOf } from './yaml-values.js';

export interface CollectSettings {
  readonly intervalsSeconds: Readonly<Record<CollectKind, number>>;
  readonly pageSize: number;
  readonly timeoutMs: number;
  /** Calls at once per token. */
  readonly concurrency: number;
  /** Jobs on the ingest queue above which the collector slows down. */
  readonly maxQueueDepth: number;
  readonly budget: {
    readonly callsPerHour: number;
    /** Share of the budget that the planner spends; the rest is for people and retries. */
    readonly usePercent: number;
    readonly scope: 'token' | 'org';
  };
  readonly sleWindow: '1h' | '1d';
  readonly sleDetailMaxSites: number;
}

const HOURLY = 3600;
const DEFAULT_SECONDS: Readonly<Record<CollectKind, number>> = {
  sites: HOURLY,
  'site-groups': HOURLY,
  inventory: HOURLY,
  gateways: 300,
  'wan-ports': 300,
  'peer-paths': 300,
  'device-events': 300,
  alarms: 300,
  'sle-wifi': 900,
  'sle-wan': 900,
  'sle-detail': 900,
  'gateway-config': HOURLY,
};

const intervalField = (kind: CollectKind): Field<number> => withDefault(integer({ min: 5, max: 86_400 }), DEFAULT_SECONDS[kind]);
const intervalFields = Object.fromEntries(COLLECT_KINDS.map((kind) => [kind, intervalField(kind)])) as Record<
  CollectKind,
  Field<number>
>;

export const collectFields: Fields<CollectSettings> = {
  intervalsSeconds: defaulted(intervalFields),
  pageSize: withDefault(integer({ min: 1, max: 1000 }), 1000),
  timeoutMs: withDefault(integer({ min: 100, max: 300_000 }), 30_000),
  concurrency: withDefault(integer({ min: 1, max: 64 }), 8),
  maxQueueDepth: withDefault(integer({ min: 1 }), 500),
  budget: defaulted({
    callsPerHour: withDefault(integer({ min: 1 }), 5000),
    usePercent: withDefault(integer({ min: 1, max: 100 }), 80),
    scope: withDefault(oneOf(['token', 'org']), 'token'),
  }),
  sleWindow: withDefault(oneOf(['1h', '1d']), '1h'),
  sleDetailMaxSites: withDefault(integer({ min: 0 }), 200),
};
