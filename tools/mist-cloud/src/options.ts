import type { ClockMode, SimClock } from './clock.js';

/** One simulated organisation; what is left out is derived from the seed. */
export interface OrgOptions {
  readonly id?: string;
  readonly name?: string;
  readonly token?: string;
  readonly tokens?: readonly string[];
  readonly sites?: number;
  readonly circuitsPerSite?: number;
  readonly apsPerSite?: number;
}

/** All of it optional: `startMistCloud()` gives one organisation of ten sites at a fixed, driven time. */
export interface MistCloudOptions {
  readonly orgs?: number | readonly OrgOptions[];
  readonly sitesPerOrg?: number;
  readonly circuitsPerSite?: number;
  readonly apsPerSite?: number;
  readonly seed?: number;
  readonly startAt?: number;
  /** A clock of the caller's, or how the simulator's own clock moves; default: driven. */
  readonly clock?: SimClock | ClockMode;
  readonly latencyMs?: number;
  readonly requestsPerHour?: number;
  /** Token of the first organisation when `orgs` is a count. */
  readonly token?: string;
  readonly port?: number;
  readonly host?: string;
}

export interface ResolvedOrg {
  readonly id: string | null;
  readonly name: string | null;
  readonly tokens: readonly string[];
  readonly sites: number;
  readonly circuitsPerSite: number;
  readonly apsPerSite: number;
}

export interface ResolvedOptions {
  readonly orgs: readonly ResolvedOrg[];
  readonly seed: number;
  readonly startAtMs: number;
  readonly latencyMs: number;
  readonly requestsPerHour: number;
  readonly port: number;
  readonly host: string;
}

/** A Monday, 00:00 UTC. Fixed, so that nothing depends on the day a test runs. */
export const DEFAULT_START_AT_MS = Date.UTC(2026, 2, 2);

const whole = (name: string, value: number, range: readonly [number, number]): number => {
  const [low, high] = range;
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`mist-cloud: ${name} is ${String(value)}; give a whole number from ${low} to ${high}`);
  }
  return value;
};

const tokensOf = (org: OrgOptions, fallback: string): readonly string[] => org.tokens ?? [org.token ?? fallback];

/** Fills the gaps and refuses what makes no sense, naming the option. */
export const resolveOptions = (options: MistCloudOptions): ResolvedOptions => {
  const { seed = 1, sitesPerOrg = 10, circuitsPerSite = 2, apsPerSite = 3 } = options;
  const listed: readonly OrgOptions[] =
    typeof options.orgs === 'object'
      ? options.orgs
      : Array.from({ length: whole('orgs', options.orgs ?? 1, [1, 200]) }, () => ({}));
  const orgs = listed.map((org, index) => ({
    id: org.id ?? null,
    name: org.name ?? null,
    tokens: tokensOf(org, index === 0 && options.token !== undefined ? options.token : `token-${index + 1}`),
    sites: whole('sites', org.sites ?? sitesPerOrg, [0, 20_000]),
    circuitsPerSite: whole('circuitsPerSite', org.circuitsPerSite ?? circuitsPerSite, [1, 6]),
    apsPerSite: whole('apsPerSite', org.apsPerSite ?? apsPerSite, [0, 200]),
  }));
  return {
    orgs,
    seed: whole('seed', seed, [0, 2 ** 31 - 1]),
    startAtMs: whole('startAt', options.startAt ?? DEFAULT_START_AT_MS, [0, 8.64e15]),
    latencyMs: whole('latencyMs', options.latencyMs ?? 0, [0, 600_000]),
    requestsPerHour: whole('requestsPerHour', options.requestsPerHour ?? 5000, [0, 1e9]),
    port: whole('port', options.port ?? 0, [0, 65_535]),
    host: options.host ?? '127.0.0.1',
  };
};
