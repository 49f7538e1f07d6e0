import { isDeepStrictEqual } from 'node:util';
import { bucketOf, bucketsBetween, DAY_MS, type Bucket, type EpochMs, type Span } from '@app/domain';
import {
  circuitThresholds,
  ensurePartitions,
  TransientError,
  type Database,
  type OrgRow,
  type PartitionedTable,
  type ThresholdSource,
  type Transaction,
} from '@app/shared';
import { epochMs, instant, msOf } from '../facts/sql-time.js';
import { inLanes } from '../lanes.js';
import { foldChunk, instantsOf, type FoldRules } from './chunk.js';
import { storeCircuitPeriods } from './circuit-periods.repository.js';
import { addDueGroups, ROLLUP_GRAINS, type RollupGrain } from './group-due.repository.js';
import { storeGroups } from './groups.repository.js';
import { markAll, markedCircuits, peekMarks, takeMarks, type MarkedCircuit } from './marks.repository.js';
import { findState, removeRollups, storedPlaces, storeState, thresholdSourceOf, type RollupState } from './state.repository.js';

/** What a drain did. */
export interface Drained {
  /** False: another process drains this organization. */
  readonly isMine: boolean;
  readonly circuitDays: number;
  readonly circuitPeriods: number;
  readonly groups: number;
  /** Hour facts that were read. */
  readonly hours: number;
}

type Counts = { -readonly [K in Exclude<keyof Drained, 'isMine'>]: Drained[K] };

export interface DrainRequest {
  readonly database: Database;
  readonly settings: ThresholdSource;
  readonly org: OrgRow;
  readonly now: EpochMs;
  /** Wait for another process that drains the organization, instead of leaving the work to it. */
  readonly isPatient?: boolean;
  /** Fold everything in this span again, marked or not. */
  readonly again?: Span;
  readonly onProgress?: (counts: Readonly<Counts>) => void;
}

/** Circuit-days folded in one transaction. */
const CHUNK_DAYS = 4_000;
/** Rows of circuits pooled in one transaction. */
const POOLED_ROWS = 8_000;
/** Transactions at once: while one is folded here, two keep Postgres at work. */
const LANES = 3;
/** A drain ends although marks keep coming: the next goes on. */
const MAX_ROUNDS = 20;
const ATTEMPTS = 3;
const DRAIN_LOCK = 7_340_050;
const TABLES: readonly PartitionedTable[] = [
  'circuit_day',
  'circuit_week',
  'circuit_month',
  'circuit_sketch',
  'group_day',
  'group_week',
  'group_month',
];

/**
 * Brings the calendar rollups of an org up to its hours. Every step is a transaction that takes its marks and stores what they ask for: a kill
 * loses nothing, a repeat changes nothing.
 */
export function drainRollups(request: DrainRequest): Promise<Drained> {
  const { database, org, isPatient = false } = request;
  return database.transaction(async (tx) => {
    const [lock] = await tx.query<{ isMine: boolean }>(
      isPatient
        ? 'select true as "isMine" from (select pg_advisory_xact_lock($1, $2)) l'
        : 'select pg_try_advisory_xact_lock($1, $2) as "isMine"',
      [DRAIN_LOCK, org.id],
    );
    if (lock?.isMine !== true) return { isMine: false, circuitDays: 0, circuitPeriods: 0, groups: 0, hours: 0 };
    const counts = await new Drain(request).run();
    return { isMine: true, ...counts };
  });
}

class Drain {
  private readonly counts: Counts = { circuitDays: 0, circuitPeriods: 0, groups: 0, hours: 0 };
  private readonly source: ThresholdSource;

  constructor(private readonly request: DrainRequest) {
    this.source = thresholdSourceOf(request.settings, request.org.externalId);
  }

  async run(): Promise<Readonly<Counts>> {
    const { database, org, again } = this.request;
    const rules = await this.prepare();
    if (again !== undefined) await markAll(database, org.id, again);
    await this.drainMarks(rules);
    await this.poolGroups(rules);
    return this.counts;
  }

  /** Makes what is stored fit the zone, the thresholds and the time of today. */
  private async prepare(): Promise<FoldRules> {
    const { database, org, now } = this.request;
    const state = await findState(database, org.id);
    const fresh: RollupState = { closedUntil: now, timezone: org.reportingTimezone, thresholds: this.source };
    const closedUntil = Math.max(now, state?.closedUntil ?? now);
    const rules = { orgId: org.id, orgExternalId: org.externalId, zone: org.reportingTimezone, source: this.source, closedUntil };
    if (state?.timezone !== org.reportingTimezone) {
      await database.transaction(async (tx) => {
        if (state !== null) {
          await removeRollups(tx, org.id);
          await markAll(tx, org.id, { from: -Infinity, to: Infinity });
        }
        await storeState(tx, org.id, { ...fresh, closedUntil });
      });
      return rules;
    }
    if (!isDeepStrictEqual(state.thresholds, this.source)) await this.takeThresholds(state);
    await this.close(rules, state.closedUntil);
    return rules;
  }

  /** Hours of circuits above thresholds that are others now are counted again. */
  private async takeThresholds(state: RollupState): Promise<void> {
    const { database, org } = this.request;
    const openFrom = bucketOf(state.closedUntil, 'month', state.timezone).from;
    await database.transaction(async (tx) => {
      const circuits = await tx.query<{ id: number; mac: string; portId: string }>(
        'select id, mac, port_id as "portId" from circuit where org_id = $1',
        [org.id],
      );
      const sites = await tx.query<{ id: number; siteId: string }>(
        'select id, external_id as "siteId" from site where org_id = $1',
        [org.id],
      );
      const [circuitOf, siteOf] = [
        new Map(circuits.map((row) => [row.id, row])),
        new Map(sites.map((row) => [row.id, row.siteId])),
      ];
      const changed = (await storedPlaces(tx, org.id, openFrom)).filter(({ circuitId, siteId, region, storeType }) => {
        const { mac = null, portId = null } = circuitOf.get(circuitId) ?? {};
        const subject = { orgId: org.externalId, siteId: siteOf.get(siteId) ?? null, region, storeType, mac, portId };
        return !isDeepStrictEqual(circuitThresholds(state.thresholds, subject), circuitThresholds(this.source, subject));
      });
      await tx.query(
        `insert into rollup_mark (org_id, circuit_id, from_hour, to_hour)
         select $1, u.id, ${instant('u.lower')}, ${instant('u.upper')} from unnest($2::int[], $3::float8[], $4::float8[]) as u (id, lower, upper)`,
        [org.id, changed.map(({ circuitId }) => circuitId), changed.map(({ from }) => from), changed.map(({ to }) => to - 1)],
      );
      await storeState(tx, org.id, { ...state, thresholds: this.source });
    });
  }

  /** Weeks and months that have ended since are stored, whether anything of them changed or not. */
  private async close(rules: FoldRules, closedBefore: EpochMs): Promise<void> {
    const { database, org } = this.request;
    if (rules.closedUntil <= closedBefore) return;
    for (const grain of ['week', 'month'] as const) {
      const ended = bucketsBetween(closedBefore, rules.closedUntil, grain, rules.zone).filter(
        ({ to }) => to > closedBefore && to <= rules.closedUntil,
      );
      for (const bucket of ended) await this.closeBucket(grain, bucket);
    }
    await storeState(database, org.id, { closedUntil: rules.closedUntil, timezone: rules.zone, thresholds: this.source });
  }

  private async closeBucket(grain: 'week' | 'month', bucket: Bucket): Promise<void> {
    const { database, org } = this.request;
    const circuits = await database.query<{ id: number }>(
      `select distinct circuit_id as id from circuit_day where org_id = $1 and start >= ${instant('$2::float8')} and start < ${instant('$3::float8')} order by 1`,
      [org.id, bucket.from, bucket.to],
    );
    if (circuits.length === 0) return;
    await this.ensure([bucket]);
    const chunks = chunksOf(circuits.map(({ id }) => ({ id, days: (bucket.to - bucket.from) / DAY_MS })));
    await inLanes(chunks, LANES, async (chunk) => {
      const periods = chunk.map(({ id }) => ({ circuitId: id, from: bucket.from, to: bucket.to }));
      await this.fold(async (tx) => addDueGroups(tx, org.id, await storeCircuitPeriods(tx, org.id, grain, { periods })));
      this.counts.circuitPeriods += periods.length;
    });
  }

  private async drainMarks(rules: FoldRules): Promise<void> {
    const { database, org } = this.request;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const circuits = await markedCircuits(database, org.id);
      if (circuits.length === 0) return;
      await inLanes(chunksOf(circuits), LANES, (chunk) =>
        this.drainChunk(
          rules,
          chunk.map(({ id }) => id),
        ),
      );
    }
  }

  private async drainChunk(rules: FoldRules, circuitIds: readonly number[]): Promise<void> {
    const { database, org } = this.request;
    const folded = await withPatience(async () => {
      await this.ensure([...(await peekMarks(database, org.id, circuitIds)).values()].flat());
      return this.fold(async (tx) => {
        const chunk = await foldChunk(tx, rules, await takeMarks(tx, org.id, circuitIds));
        await addDueGroups(tx, org.id, chunk.due);
        return chunk;
      });
    });
    this.counts.circuitDays += folded.days;
    this.counts.circuitPeriods += folded.periods;
    this.counts.hours += folded.hours;
    this.request.onProgress?.(this.counts);
  }

  /** Days before weeks and months: these take the sketches of their days. */
  private async poolGroups(rules: FoldRules): Promise<void> {
    const { org } = this.request;
    for (const grain of ROLLUP_GRAINS) {
      const batches = await this.dueStarts(grain);
      const endOf = (start: EpochMs): EpochMs => bucketOf(start, grain, rules.zone).to;
      await inLanes(batches, LANES, async (starts) => {
        const made = await withPatience(() => this.fold((tx) => storeGroups(tx, org.id, grain, { starts, endOf })));
        this.counts.groups += made;
        this.request.onProgress?.(this.counts);
      });
    }
  }

  private async dueStarts(grain: RollupGrain): Promise<EpochMs[][]> {
    const { database, org } = this.request;
    const rows = await database.query<{ start: number }>(
      `select distinct ${epochMs('start')} as start from rollup_group_due where org_id = $1 and grain = $2 order by 1`,
      [org.id, grain],
    );
    const [size] = await database.query<{ circuits: number }>('select count(*)::int as circuits from circuit where org_id = $1', [
      org.id,
    ]);
    const perBatch = Math.max(1, Math.floor(POOLED_ROWS / Math.max(1, size?.circuits ?? 1)));
    const starts = rows.map(({ start }) => msOf(start));
    return Array.from({ length: Math.ceil(starts.length / perBatch) }, (_, i) => starts.slice(i * perBatch, (i + 1) * perBatch));
  }

  /**
   * Everything that is folded is found by keys. Partitions grow so fast while history is folded for the first time that the planner takes them for
   * empty, and would read a whole one for every row. No key comes twice, so that remembering what was found is of no use.
   */
  private fold<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.request.database.transaction(async (tx) => {
      await tx.query('set local enable_seqscan = off; set local enable_memoize = off; set local jit = off');
      return work(tx);
    });
  }

  private async ensure(spans: Iterable<Span>): Promise<void> {
    const instants = instantsOf(spans);
    for (const table of TABLES) await ensurePartitions(this.request.database, table, instants);
  }
}

/** A deadlock with live work undoes the whole transaction, which may then be tried again; so does a partition that is gone. */
async function withPatience<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof TransientError) || attempt >= ATTEMPTS) throw error;
    }
  }
}

function chunksOf(circuits: readonly MarkedCircuit[]): MarkedCircuit[][] {
  const chunks: MarkedCircuit[][] = [];
  let days = Infinity;
  for (const circuit of circuits) {
    if (days + circuit.days > CHUNK_DAYS) {
      chunks.push([]);
      days = 0;
    }
    chunks.at(-1)?.push(circuit);
    days += circuit.days;
  }
  return chunks;
}
