import { createApi, type RunningApi } from '@app/api';
import { drainRollups, importFile, type ImportKind } from '@app/analyzer';
import { HOUR_MS, windowKpis, type FoldableHour, type Span, type ThresholdsByKpi, type WindowKpis } from '@app/domain';
import { createApiKey, Database, loadEnv, parseSettings, requireOrg, upsertOrg } from '@app/shared';
import { createTestDatabase, ManualClock, testRedisUrl, type TestDatabase } from '@app/testing';

export const ORG = 'org-1';
export const NOW = Date.UTC(2026, 3, 20, 10, 20);
/** The region of site-2 changes here, in the middle of a day, a week and a month of every zone. */
export const MOVED_AT = Date.UTC(2026, 2, 11, 7);
const FIRST = Date.UTC(2026, 1, 20, 3);
const LAST = Date.UTC(2026, 3, 20, 9);

export interface Told {
  readonly circuit: string;
  readonly site: string;
  readonly region: string;
  readonly provider: string;
  readonly fact: FoldableHour;
}

const CIRCUITS = [1, 2, 3, 4, 5].map((i) => ({
  mac: `02000000010${String(i)}`,
  site: `site-${String(Math.ceil(i / 2))}`,
  provider: i % 2 === 0 ? 'Ash' : 'Oak',
}));
export const PORT = 'ge-0/0/0';
const regionOf = (site: string, hour: number): string =>
  site === 'site-1' || (site === 'site-2' && hour < MOVED_AT) ? 'North' : 'South';
const iso = (at: number): string => new Date(at).toISOString();

/** Numbers that look random and are always the same. */
export function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const NO_QUALITY = { count: 0, avg: null, max: null, p95: null };
const NOTHING = {
  rxBytes: null,
  txBytes: null,
  coveredMs: 0,
  utilizationPct: null,
  upMs: 0,
  downMs: 0,
  flaps: null,
  latency: NO_QUALITY,
};

interface HourLine {
  /** `null`: nothing was said of the hour; between others it is a fact without figures. */
  readonly line: string | null;
  readonly told: Told;
}

function hourLine(circuit: (typeof CIRCUITS)[number], hour: number, next: () => number): HourLine {
  const isGap = next() < 0.06 && hour !== FIRST && hour + HOUR_MS !== LAST;
  const wave = 55 + 40 * Math.sin(hour / HOUR_MS / 9 + circuit.mac.length + Number(circuit.mac.slice(-1)));
  const pct = next() < 0.05 ? null : Math.max(0, Math.round((wave + 10 * next()) * 100) / 100);
  const rx = pct === null ? null : Math.round(pct * 450_000_000);
  const down = next() < 0.1 ? Math.round(next() * 20) : 0;
  const latency =
    next() < 0.1
      ? null
      : { avg: 30 + Math.round(next() * 90), max: 150 + Math.round(next() * 60), count: 6 + Math.round(next() * 6) };
  const flaps = next() < 0.1 ? Math.round(next() * 3) : 0;
  const known: FoldableHour = {
    hour,
    rxBytes: rx,
    txBytes: rx === null ? null : 1000,
    coveredMs: rx === null ? 0 : HOUR_MS,
    utilizationPct: pct,
    peakUtilizationPct: null,
    upMs: (60 - down) * 60_000,
    downMs: down * 60_000,
    flaps,
    latency: latency === null ? NO_QUALITY : { ...latency, p95: null },
    jitter: NO_QUALITY,
    loss: NO_QUALITY,
  };
  const fact = isGap ? { ...known, ...NOTHING } : known;
  const cells = [
    rx ?? '',
    rx === null ? '' : 1000,
    60 - down,
    down,
    flaps,
    latency?.avg ?? '',
    latency?.max ?? '',
    latency?.count ?? '',
  ];
  return {
    line: isGap ? null : `${iso(hour)},${circuit.site},${circuit.mac},${PORT},${cells.join(',')}`,
    told: {
      circuit: `${circuit.mac}:${PORT}`,
      site: circuit.site,
      region: regionOf(circuit.site, hour),
      provider: circuit.provider,
      fact,
    },
  };
}

/** Two months of five circuits at three sites, imported, drained and served; and what was told of every hour. */
export class DrilldownWorld {
  readonly told: Told[] = [];

  private constructor(
    readonly database: Database,
    private readonly api: RunningApi,
    private readonly key: string,
    private readonly testDatabase: TestDatabase,
  ) {}

  static async start(zone: string, isEmpty = false): Promise<DrilldownWorld> {
    const testDatabase = await createTestDatabase();
    const database = new Database({ url: testDatabase.url });
    await upsertOrg(database, { externalId: ORG, name: 'Example Retail', reportingTimezone: zone });
    const redis = testRedisUrl();
    const env = loadEnv({ DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, QUEUE_PREFIX: 'test', LOG_LEVEL: 'silent' });
    const clock = new ManualClock(NOW);
    const runtime = {
      env,
      settings: parseSettings('', {}),
      clock,
      queue: { kind: 'redis' as const, ...redis },
      databaseUrl: testDatabase.url,
    };
    const api = await createApi({ runtime, api: { rateLimit: { requestsPerSecond: 1e6, burst: 1e6 } }, logger: false });
    const { secret } = await createApiKey(database, {
      name: 'k',
      role: 'viewer',
      orgIds: [ORG],
      now: new Date(NOW),
      actor: 'test',
    });
    const world = new DrilldownWorld(database, api, secret, testDatabase);
    if (!isEmpty) await world.load();
    return world;
  }

  async stop(): Promise<void> {
    await this.api.close();
    await this.database.close();
    await this.testDatabase.drop();
  }

  private async load(): Promise<void> {
    await this.import('sites', [
      'site_id,name,timezone,region,region_since,store_type',
      'site-1,One,UTC,North,,small',
      'site-2,Two,UTC,North,,large',
      `site-2,Two,UTC,South,${iso(MOVED_AT)},`,
      'site-3,Three,UTC,South,,small',
    ]);
    await this.import('circuits', [
      'site_id,mac,port_id,provider,bandwidth_down_mbps',
      ...CIRCUITS.map(({ mac, site, provider }) => `${site},${mac},${PORT},${provider},100`),
    ]);
    const next = noise(20_260_420);
    const hours: HourLine[] = [];
    for (const circuit of CIRCUITS)
      for (let hour = FIRST; hour < LAST; hour += HOUR_MS) hours.push(hourLine(circuit, hour, next));
    await this.importHours(hours.flatMap(({ line }) => (line === null ? [] : [line])));
    this.told.push(...hours.map(({ told }) => told));
    await this.drain();
  }

  importHours(lines: readonly string[]): Promise<void> {
    return this.import('circuit-hours', [
      'hour,site_id,mac,port_id,rx_bytes,tx_bytes,up_minutes,down_minutes,flaps,latency_avg,latency_max,latency_count',
      ...lines,
    ]);
  }

  async import(kind: ImportKind, lines: readonly string[]): Promise<void> {
    const result = await importFile({ database: this.database, kind, text: lines.join('\n'), orgExternalId: ORG, now: NOW });
    if (result.errors.length > 0) throw new Error(JSON.stringify(result.errors.slice(0, 3)));
  }

  async drain(): Promise<void> {
    const org = await requireOrg(this.database, ORG);
    await drainRollups({ database: this.database, settings: parseSettings('', {}), org, now: NOW, isPatient: true });
  }

  async get<T>(path: string): Promise<T> {
    const { statusCode, body } = await this.api.app.inject({
      url: `/v1/orgs/${ORG}${path}`,
      headers: { authorization: `Bearer ${this.key}` },
    });
    if (statusCode !== 200) throw new Error(`${path}: ${String(statusCode)} ${body}`);
    return JSON.parse(body) as T;
  }

  async status(path: string): Promise<number> {
    return (await this.api.app.inject({ url: `/v1/orgs/${ORG}${path}`, headers: { authorization: `Bearer ${this.key}` } }))
      .statusCode;
  }
}

/** KPIs of a span by the plain fold over the hours of each circuit. */
export function foldedByCircuit(told: readonly Told[], span: Span, thresholds: ThresholdsByKpi): WindowKpis[] {
  const byCircuit = new Map<string, FoldableHour[]>();
  for (const { circuit, fact } of told) {
    if (fact.hour < span.from || fact.hour >= span.to) continue;
    byCircuit.set(circuit, [...(byCircuit.get(circuit) ?? []), fact]);
  }
  return [...byCircuit.values()].map((facts) => windowKpis(facts, span, thresholds));
}
