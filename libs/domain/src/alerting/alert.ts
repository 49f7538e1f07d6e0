import type { EpochMs } from '../sample.js';
import type { Severity } from '../severity.js';

export const ALERT_RULE_IDS = [
  'sle',
  'circuit-down',
  'site-down',
  'failover',
  'congestion',
  'quality',
  'flapping',
  'device-offline',
  'no-data',
  'collector-stopped',
  'token-trouble',
  'trend',
  'health-drop',
] as const;
/** The rules that are there without any configuration. */
export type BuiltInRuleId = (typeof ALERT_RULE_IDS)[number];
/** A rule of the configuration. */
export type CustomRuleId = `custom:${string}`;
export type AlertRuleId = BuiltInRuleId | CustomRuleId;

export const isBuiltInRule = (id: string): id is BuiltInRuleId => ALERT_RULE_IDS.some((known) => known === id);
export const isCustomRule = (id: string): id is CustomRuleId => id.startsWith('custom:');

/** When a breach becomes an alert, and when its absence ends one. Time and count must both be satisfied. */
export interface AlertRule {
  /** A breach must have lasted this long, and been seen this often, before it fires. */
  readonly forMs: number;
  readonly fireAfterBad: number;
  /** The absence of a breach must have lasted this long, and been seen this often, before it clears. */
  readonly clearForMs: number;
  readonly clearAfterGood: number;
  /** So many changes between breached and good inside the window are flapping; 0 = never. */
  readonly flapTransitions: number;
  readonly flapWindowMs: number;
}

const MINUTE = 60_000;
const FLAPPING = { flapTransitions: 4, flapWindowMs: 60 * MINUTE } as const;
const NEVER_FLAPPING = { flapTransitions: 0, flapWindowMs: 60 * MINUTE } as const;

/** Judged when an hour closes: counts of hours say all, so there is nothing to wait for. */
export const HOURLY_ALERT_RULE: AlertRule = {
  forMs: 0,
  fireAfterBad: 2,
  clearForMs: 0,
  clearAfterGood: 2,
  ...NEVER_FLAPPING,
};

/** Looked at by the clock, which answers only when something changed. */
const watched = (forMs: number, clearForMs = 0): AlertRule => ({
  forMs,
  fireAfterBad: 1,
  clearForMs,
  clearAfterGood: 1,
  ...NEVER_FLAPPING,
});

/** The defaults; a deployment may replace them rule by rule. */
export const ALERT_RULES: Readonly<Record<BuiltInRuleId, AlertRule>> = {
  sle: {
    forMs: 0,
    fireAfterBad: 1,
    clearForMs: 0,
    clearAfterGood: 2,
    ...FLAPPING,
  },
  'circuit-down': {
    forMs: 0,
    fireAfterBad: 1,
    clearForMs: 2 * MINUTE,
    clearAfterGood: 1,
    ...FLAPPING,
  },
  'site-down': {
    forMs: 2 * MINUTE,
    fireAfterBad: 1,
    clearForMs: 2 * MINUTE,
    clearAfterGood: 1,
    ...FLAPPING,
  },
  // Two polls begin and end a failover: there is nothing more to wait for.
  failover: {
    forMs: 0,
    fireAfterBad: 1,
    clearForMs: 0,
    clearAfterGood: 1,
    ...FLAPPING,
  },
  congestion: HOURLY_ALERT_RULE,
  quality: HOURLY_ALERT_RULE,
  // Four transitions begin it and an hour without any ends it, which the observations say.
  flapping: watched(0),
  'device-offline': watched(2 * MINUTE, 2 * MINUTE),
  'no-data': watched(0),
  // A collector that has just begun to catch up gets the time for its first poll.
  'collector-stopped': watched(2 * MINUTE),
  'token-trouble': watched(0),
  trend: HOURLY_ALERT_RULE,
  'health-drop': HOURLY_ALERT_RULE,
};

/** What every state remembers, so that repeated and late observations can be told from new ones. */
interface Seen {
  /** Time of the newest observation taken into account; `null` before the first. */
  readonly observedAt: EpochMs | null;
  /** The last known answer; unknown leaves it as it was. */
  readonly breached: boolean;
  /** When it last changed between breached and good, ascending; those of the flap window, and always the newest. */
  readonly flips: readonly EpochMs[];
}

export interface Acknowledgement {
  readonly by: string;
  readonly at: EpochMs;
}

/** What holds from the first breach to the end of the alert. */
interface Breach {
  readonly since: EpochMs;
  readonly severity: Severity;
}

interface Fired extends Breach {
  readonly firedAt: EpochMs;
  readonly acknowledgement: Acknowledgement | null;
}

export type AlertState =
  | (Seen & { readonly kind: 'ok' })
  | (Seen & Breach & { readonly kind: 'pending'; readonly bad: number })
  | (Seen & Fired & { readonly kind: 'firing'; readonly acknowledgement: null })
  | (Seen &
      Fired & {
        readonly kind: 'acknowledged';
        readonly acknowledgement: Acknowledgement;
      })
  | (Seen &
      Fired & {
        readonly kind: 'clearing';
        readonly goodSince: EpochMs;
        readonly good: number;
      })
  | (Seen & Fired & { readonly kind: 'flapping' });

export type StateOf<K extends AlertState['kind']> = Extract<AlertState, { kind: K }>;

/** Nothing was ever wrong. */
export const NEVER_BREACHED: StateOf<'ok'> = {
  kind: 'ok',
  observedAt: null,
  breached: false,
  flips: [],
};

/** What people and the database call a state: clearing and flapping alerts are still firing (or acknowledged). */
export type AlertStatus = 'pending' | 'firing' | 'acknowledged' | 'resolved';

export function statusOf(state: AlertState): AlertStatus {
  switch (state.kind) {
    case 'ok':
      return 'resolved';
    case 'pending':
      return 'pending';
    case 'firing':
    case 'acknowledged':
    case 'clearing':
    case 'flapping':
      return state.acknowledgement === null ? 'firing' : 'acknowledged';
  }
}

/** What people see: a status, or why nobody is told of it now. */
export type ShownStatus = AlertStatus | 'suppressed' | 'flapping';

export function shownStatusOf(state: AlertState, suppressedBy: string | null): ShownStatus {
  const status = statusOf(state);
  if (status === 'resolved' || status === 'pending') return status;
  if (suppressedBy !== null) return 'suppressed';
  return status === 'firing' && state.kind === 'flapping' ? 'flapping' : status;
}
