import {
  DEFAULT_THRESHOLDS,
  EMPTY_QUALITY,
  HOUR_MS,
  qualityOf,
  type EpochMs,
  type HourFact,
  type QualityMetric,
} from '@app/domain';
import { Database, ensurePartitions, parseSettings, upsertOrg, type OrgRow, type Settings } from '@app/shared';
import { createTestDatabase } from '@app/testing';
import { storeFacts, type FactRow } from '../facts/fact-rows.repository.js';
import { sketchesOf } from '../facts/hour-sketches.js';
import { instant } from '../facts/sql-time.js';
import { drainRollups, type Drained, type DrainRequest } from './rollups.js';

/** Numbers in [0, 1) that are the same in every run. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const SETTINGS = parseSettings('', {});
export const THRESHOLDS = DEFAULT_THRESHOLDS;

/** An hour as a spec tells it, with the quality values it is made of. */
export interface ToldHour {
  readonly circuitId: number;
  readonly siteId: number;
  readonly fact: HourFact;
  readonly values: Readonly<Record<QualityMetric, readonly number[]>>;
  readonly source: 'samples' | 'imported';
}

/** An hour with random figures: values on both sides of all thresholds, gaps in all of them. */
export function someHour(random: () => number, place: { circuitId: number; siteId: number; hour: EpochMs }): ToldHour {
  const { hour, ...rest } = place;
  const maybe = (value: number): number | null => (random() < 0.15 ? null : value);
  const upMs = Math.floor(random() * HOUR_MS);
  const values = (scale: number): number[] =>
    random() < 0.2
      ? []
      : Array.from({ length: 1 + Math.floor(random() * 12) }, () => scale * random() ** 4).sort((a, b) => a - b);
  const quality = { latency: values(600), jitter: values(200), loss: values(5) };
  const unknown = { peakRxBps: null, peakTxBps: null, counterReset: false };
  return {
    ...rest,
    values: quality,
    source: random() < 0.7 ? 'samples' : 'imported',
    fact: {
      ...unknown,
      hour,
      rxBytes: maybe(Math.floor(random() * 1e12)),
      txBytes: maybe(Math.floor(random() * 1e12)),
      coveredMs: Math.floor(random() * HOUR_MS),
      utilizationPct: maybe(random() < 0.1 ? 70 : 110 * random()),
      peakUtilizationPct: maybe(150 * random()),
      bandwidth: { downMbps: 100, upMbps: 100, source: 'configured' },
      upMs,
      downMs: Math.floor(random() * (HOUR_MS - upMs)),
      flaps: maybe(Math.floor(random() * 4)),
      latency: quality.latency.length === 0 ? EMPTY_QUALITY : qualityOf(quality.latency),
      jitter: quality.jitter.length === 0 ? EMPTY_QUALITY : qualityOf(quality.jitter),
      loss: quality.loss.length === 0 ? EMPTY_QUALITY : qualityOf(quality.loss),
    },
  };
}

interface Place {
  readonly circuits: readonly number[];
  readonly sites: readonly number[];
}

/** A database with an organization, and what a spec of rollups does to it. */
export class RollupScene {
  private constructor(
    readonly database: Database,
    readonly url: string,
    private readonly drop: (this: void) => Promise<void>,
    readonly org: OrgRow,
  ) {}

  static async open(zone: string): Promise<RollupScene> {
    const test = await createTestDatabase();
    const database = new Database({ url: test.url, poolSize: 6 });
    const org = await upsertOrg(database, { externalId: 'org-1', reportingTimezone: zone });
    return new RollupScene(database, test.url, () => test.drop(), org);
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.drop();
  }

  /** Sites and circuits, the first circuits at the first sites. */
  async place(circuits: number, sites: number): Promise<Place> {
    const siteRows = await this.database.query<{ id: number }>(
      `insert into site (org_id, external_id, country_code) select $1, 'site-' || n, case when n > 1 then 'DE' end from generate_series(1, $2::int) n returning id`,
      [this.org.id, sites],
    );
    const ids = siteRows.map(({ id }) => id);
    const rows = await this.database.query<{ id: number }>(
      `insert into circuit (org_id, mac, port_id, site_id) select $1, 'mac-' || n, 'port', ($3::int[])[1 + (n - 1) % $4] from generate_series(1, $2::int) n returning id`,
      [this.org.id, circuits, ids, sites],
    );
    return { sites: ids, circuits: rows.map(({ id }) => id) };
  }

  region(
    siteId: number,
    since: EpochMs,
    {
      region = null,
      storeType = null,
      source = 'configured',
    }: { region?: string | null; storeType?: string | null; source?: string },
  ): Promise<unknown> {
    return this.database.query(
      `insert into site_attribute (org_id, site_id, source, since, region, store_type) values ($1, $2, $3, ${instant('$4::float8')}, $5, $6)
       on conflict (org_id, site_id, source, since) do update set region = excluded.region, store_type = excluded.store_type`,
      [this.org.id, siteId, source, since, region, storeType],
    );
  }

  provider(circuitId: number, since: EpochMs, provider: string | null, source = 'configured'): Promise<unknown> {
    return this.database.query(
      `insert into circuit_attribute (org_id, circuit_id, source, since, provider) values ($1, $2, $3, ${instant('$4::float8')}, $5)
       on conflict (org_id, circuit_id, source, since) do update set provider = excluded.provider`,
      [this.org.id, circuitId, source, since, provider],
    );
  }

  /** Stores hours as samples and imports do; what is told later of an hour counts, whatever it covers. */
  async tell(hours: readonly ToldHour[]): Promise<void> {
    const times = hours.map(({ fact }) => fact.hour);
    await ensurePartitions(this.database, 'circuit_hour', times);
    await ensurePartitions(this.database, 'hour_sketch', times);
    await this.database.transaction(async (tx) => {
      for (const source of ['samples', 'imported'] as const) {
        const rows = hours
          .filter((hour) => hour.source === source)
          .map(({ values, ...row }): FactRow => ({ ...row, sketches: source === 'samples' ? sketchesOf(values) : null }));
        await storeFacts(tx, this.org.id, source, rows);
      }
    });
  }

  drain(now: EpochMs, more: Partial<DrainRequest> & { settings?: Settings } = {}): Promise<Drained> {
    return drainRollups({ database: this.database, settings: SETTINGS, org: this.org, now, isPatient: true, ...more });
  }

  /** All rollups, to compare two ways of arriving there. */
  async dump(): Promise<unknown> {
    const tables = ['day', 'week', 'month'].flatMap((grain) => [`circuit_${grain}`, `group_${grain}`]);
    const all = [...tables, 'circuit_sketch'].map((table) =>
      this.database.query<{ row: unknown }>(`select to_jsonb(t) as row from ${table} t order by to_jsonb(t)::text`),
    );
    // The order in which doubles are added shows in their last digits.
    const rounded = (_key: string, value: unknown): unknown =>
      typeof value === 'number' ? Number(value.toPrecision(11)) : value;
    return (await Promise.all(all)).map((rows) => rows.map(({ row }) => JSON.stringify(row, rounded)).sort());
  }

  async marks(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>('select count(*)::int as count from rollup_mark');
    return row?.count ?? 0;
  }
}
