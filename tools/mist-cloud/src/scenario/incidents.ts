/** A site by its id, its name (the first of that name), or its place in the organisation's list. */
export type SiteReference = string | number;
/** Epoch milliseconds, or an ISO 8601 text with a zone. */
export type Instant = number | string;

interface Span {
  readonly from: Instant;
  readonly to: Instant;
  /** Default: the first organisation. */
  readonly orgId?: string;
}
interface AtSite extends Span {
  readonly site: SiteReference;
}
interface AtCircuit extends AtSite {
  /** Default: the primary circuit's port, `ge-0/0/0`. */
  readonly portId?: string;
}

/** What can be scripted. Kinds are described in the README of this package. */
export type Incident =
  | (AtCircuit & { readonly kind: 'circuit-down' })
  | (AtCircuit & { readonly kind: 'circuit-flap'; readonly count?: number; readonly downSeconds?: number })
  | (AtSite & { readonly kind: 'site-down'; readonly reboots?: boolean })
  | (Span & { readonly kind: 'carrier-outage'; readonly provider: string; readonly region?: string })
  | (AtCircuit & { readonly kind: 'congestion'; readonly peakPct?: number; readonly rampMinutes?: number })
  | (AtSite & { readonly kind: 'dhcp-trouble'; readonly lossPct?: number })
  | (AtSite & { readonly kind: 'failover' });

export type IncidentKind = Incident['kind'];

/** The keys each kind takes beyond `kind`, `from`, `to` and `orgId`, and whether they must be there. */
const KEYS = {
  'circuit-down': { site: true, portId: false },
  'circuit-flap': { site: true, portId: false, count: false, downSeconds: false },
  'site-down': { site: true, reboots: false },
  'carrier-outage': { provider: true, region: false },
  congestion: { site: true, portId: false, peakPct: false, rampMinutes: false },
  'dhcp-trouble': { site: true, lossPct: false },
  failover: { site: true },
} as const satisfies Record<IncidentKind, Record<string, boolean>>;

const NUMBERS: Readonly<Record<string, readonly [number, number]>> = {
  count: [1, 10_000],
  downSeconds: [0.001, 86_400],
  peakPct: [1, 150],
  rampMinutes: [0, 100_000],
  lossPct: [0, 100],
};

/** An instant as epoch milliseconds, or a clear complaint. */
export const instantMs = (where: string, value: unknown): number => {
  const atMs = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (!Number.isFinite(atMs)) {
    throw new TypeError(
      `${where}: ${JSON.stringify(value)} is not a time; give epoch milliseconds or text such as 2026-03-02T09:00:00Z`,
    );
  }
  return Math.floor(atMs);
};

const complaintAbout = (key: string, value: unknown): string | null => {
  const range = NUMBERS[key];
  if (range) {
    const fits = typeof value === 'number' && value >= range[0] && value <= range[1];
    return fits ? null : `"${key}" must be a number from ${range[0]} to ${range[1]}`;
  }
  if (key === 'reboots') return typeof value === 'boolean' ? null : '"reboots" must be true or false';
  if (key === 'site')
    return typeof value === 'string' || Number.isInteger(value) ? null : '"site" must be an id, a name or a number';
  return typeof value === 'string' ? null : `"${key}" must be text`;
};

const isKind = (kind: unknown): kind is IncidentKind => typeof kind === 'string' && Object.hasOwn(KEYS, kind);

/** Checks one incident of a scenario file or of a caller; names the entry and the key that is wrong. */
export const parseIncident = (value: unknown, where: string): Incident => {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${where}: an incident is an object with a "kind"`);
  const entry = { ...value } as Record<string, unknown>;
  const { kind } = entry;
  if (!isKind(kind))
    throw new TypeError(`${where}: kind ${JSON.stringify(kind)} is unknown; use one of ${Object.keys(KEYS).join(', ')}`);
  const keys: Record<string, boolean> = { from: true, to: true, orgId: false, ...KEYS[kind] };
  for (const [key, isNeeded] of Object.entries(keys)) {
    if (entry[key] === undefined && isNeeded) throw new TypeError(`${where}: ${kind} needs "${key}"`);
    const complaint = entry[key] === undefined || key === 'from' || key === 'to' ? null : complaintAbout(key, entry[key]);
    if (complaint) throw new TypeError(`${where}: ${complaint}`);
  }
  const stray = Object.keys(entry).find((key) => key !== 'kind' && !Object.hasOwn(keys, key));
  if (stray !== undefined) throw new TypeError(`${where}: ${kind} has no "${stray}"; it takes ${Object.keys(keys).join(', ')}`);
  if (instantMs(`${where}.to`, entry['to']) <= instantMs(`${where}.from`, entry['from'])) {
    throw new RangeError(`${where}: "to" must be later than "from"`);
  }
  return entry as unknown as Incident;
};
