/** Simulated time, epoch milliseconds. Every answer of the cloud is a function of it. */
export interface SimClock {
  now(): number;
  set(atMs: number): void;
  advance(byMs: number): void;
  /** Called after every jump of the clock; returns the way to stop. */
  onChange(listener: () => void): () => void;
}

/** `driven` stands still until it is moved; `following` runs with real time, `speed` simulated seconds per second. */
export type ClockMode = { readonly kind: 'driven' } | { readonly kind: 'following'; readonly speed: number };

/** Makes the simulated clock. `realNow` is real time, injected so that a spec can drive it. */
export const createClock = (startAtMs: number, mode: ClockMode, realNow: () => number = Date.now): SimClock => {
  const listeners = new Set<() => void>();
  let anchorMs = startAtMs;
  let anchorRealMs = realNow();
  const now = (): number => (mode.kind === 'driven' ? anchorMs : Math.floor(anchorMs + (realNow() - anchorRealMs) * mode.speed));
  const set = (atMs: number): void => {
    if (!Number.isFinite(atMs)) throw new RangeError(`clock: ${String(atMs)} is not a time; give epoch milliseconds`);
    anchorMs = Math.floor(atMs);
    anchorRealMs = realNow();
    for (const listener of listeners) listener();
  };
  return {
    now,
    set,
    advance: (byMs) => {
      set(now() + byMs);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
