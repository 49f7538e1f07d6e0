/** The one source of "now", epoch milliseconds UTC. Injected, so that replay, tests and the demo can drive it. */
export interface Clock {
  now(): number;
}

/** Nest injection token of the `Clock`. */
export const CLOCK = Symbol('CLOCK');

export const systemClock: Clock = { now: () => Date.now() };
