import type { EpochMs, PortState, Span } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import type { HourObservation } from './hours.js';
import { observationOfSite } from './observations.js';
import type { ReplayedObservation } from './replay.js';
import type { KnownState } from './replay-observations.js';
import type { RuleInForce } from './rules.js';

type Ruled = Pick<RuleInForce, 'severity'>;

/**
 * What the rule about flapping sees: at each change between up and down how many there were within the hour before, and an hour after the last that
 * there were none. What lies between two known states and was not stored is no change.
 */
export function flappingObservations(rule: Ruled, states: readonly KnownState[], transitions: number): HourObservation[] {
  const severity = rule.severity ?? 'major';
  const flips = states.flatMap(({ from, state }, i) => (i > 0 && states[i - 1]?.state !== state ? [from] : []));
  let first = 0;
  return flips.flatMap((at, i) => {
    while ((flips[first] ?? at) <= at - HOUR_MS) first += 1;
    const seen = { at, breached: i - first + 1 >= transitions, holds: true, severity, details: {} };
    const quietAt = at + HOUR_MS;
    const isQuiet = (flips[i + 1] ?? Infinity) > quietAt;
    return isQuiet ? [seen, { at: quietAt, breached: false, severity, details: {} }] : [seen];
  });
}

/** A time in which another circuit carried the site of a primary. */
export interface PastFailover {
  readonly startedAt: EpochMs;
  /** When it was certain. */
  readonly decidedAt: EpochMs;
  readonly endedAt: EpochMs | null;
}

/** What the rule about failovers sees of a primary (ascending): as live, told of from their start once they are certain. */
export function failoverObservations(rule: Ruled, failovers: readonly PastFailover[]): ReplayedObservation[] {
  const severity = rule.severity ?? 'major';
  return failovers.flatMap(({ startedAt, decidedAt, endedAt }) => {
    const bad = { breached: true, severity, details: {} } as const;
    const certain = startedAt < decidedAt ? [{ ...bad, at: decidedAt }] : [];
    const end = endedAt === null ? [] : [{ at: Math.max(endedAt, decidedAt + 1), breached: false, severity, details: {} }];
    return [{ ...bad, at: startedAt, knownAt: decidedAt }, ...certain, ...end];
  });
}

/** A stretch in which a gateway was connected to the cloud, or was not. */
export interface KnownConnection extends Span {
  readonly connected: boolean;
}

/** What is stored of whether a site could be reached; stretches ascend, and what lies between them is not known. */
export interface PastReachability {
  readonly gateways: readonly { readonly mac: string; readonly stretches: readonly KnownConnection[] }[];
  readonly circuits: readonly { readonly mac: string | null; readonly states: readonly KnownState[] }[];
}

/**
 * What the rule about sites that are down sees, whenever its answer becomes another one. A circuit behind a cut-off gateway is neither up nor down.
 * A gateway counts from the first that is known of it to the last: one that was replaced since, or came later, says nothing of a site.
 */
export function siteObservations(rule: Ruled, { gateways, circuits }: PastReachability): HourObservation[] {
  const connections = gateways.map(({ mac, stretches }) => ({ mac, life: lifeOf(stretches), at: walkOver(stretches) }));
  const states = circuits.map((circuit) => ({ mac: circuit.mac, at: walkOver(circuit.states) }));
  const observations: HourObservation[] = [];
  let before: boolean | null = null;
  for (const at of timesOf([...gateways.map(({ stretches }) => stretches), ...circuits.map((circuit) => circuit.states)])) {
    const present = connections.filter(({ life }) => life.from <= at && at < life.to);
    const connected = present.map((gateway) => ({ mac: gateway.mac, connected: gateway.at(at)?.connected ?? null }));
    const cutOff = new Set(connected.filter((gateway) => gateway.connected === false).map(({ mac }) => mac));
    const stateOf = ({ mac, at: stateAt }: (typeof states)[number]): PortState | null =>
      mac !== null && cutOff.has(mac) ? null : (stateAt(at)?.state ?? null);
    const site = {
      siteId: 0,
      siteName: '',
      gateways: connected,
      circuits: states.map((circuit) => ({ state: stateOf(circuit), disabled: false })),
      at,
    };
    const { breached, severity } = observationOfSite(site);
    if (breached !== before || observations.length === 0)
      observations.push({ at, breached, severity: rule.severity ?? severity, details: {} });
    before = breached;
  }
  return observations;
}

/** From the begin of the first to the end of the last. */
const lifeOf = (stretches: readonly Span[]): Span => ({ from: stretches[0]?.from ?? 0, to: stretches.at(-1)?.to ?? 0 });

const timesOf = (stretches: readonly (readonly Span[])[]): EpochMs[] =>
  [...new Set(stretches.flat().flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);

/** The stretch that an instant lies in; asked in ascending order. */
function walkOver<S extends Span>(stretches: readonly S[]): (at: EpochMs) => S | null {
  let next = 0;
  return (at) => {
    while ((stretches[next]?.to ?? Infinity) <= at) next += 1;
    const stretch = stretches[next];
    return stretch !== undefined && stretch.from <= at ? stretch : null;
  };
}
