import { Inject, Injectable } from '@nestjs/common';
import { MINUTE_MS, type EpochMs, type Observation } from '@app/domain';
import type { DeviceEventRecord, GatewayConfigRecord } from '@app/mist';
import {
  ensurePartitions,
  orgSettingsOf,
  SETTINGS,
  type Database,
  type PartitionedTable,
  type RawBatch,
  type Settings,
  type Transaction,
} from '@app/shared';
import { AlertingService } from '../alerting/alerting.service.js';
import { upsertAlarms } from '../alarms/alarms.repository.js';
import { FactsService, type FactsInput } from '../facts/facts.service.js';
import { storeGatewayConfigs } from '../gateway-config/gateway-config.repository.js';
import { takeConnections } from '../gateways/gateway-states.js';
import { upsertSiteGroups, upsertSites } from '../inventory/inventory.repository.js';
import { prepareMonths } from '../imports/hour-partitions.js';
import { noteArrivals } from '../retention/arrivals.repository.js';
import { RegionsService } from '../inventory/regions.service.js';
import { prepareHistory } from '../sle/history-partitions.js';
import { dataTime, hourOfScores, hoursOfDetails, SleWriter } from '../sle/sle.writer.js';
import { hoursIn, storeWanHours } from './wan-hours.writer.js';
import { observationsOf } from './alert-inputs.repository.js';
import { expectedOf } from './expected.js';
import { flappingObservations } from './flapping.js';
import { MAX_AHEAD_MS } from './time-check.js';
import { NOTHING_OBSERVED, type Incoming, type Observed } from './observed.js';
import { WanWriter } from './wan.writer.js';

/** What a batch brought: observations for the facts, and answers for the rules that need no fact. */
interface Written {
  readonly observed: Observed;
  readonly observations: readonly Observation[];
  /** Circuits with another bandwidth. */
  readonly rederive: number;
}

/** How close together the reads of a window are noted: as close as polls. */
const READ_EVERY_MS = 5 * MINUTE_MS;

/** When the org's feed was read: at the poll, and not when Mist told something by itself; a backfill of events reads the feed of its window, which was blind no longer then. */
function readsOf({ kind, observedAt, context }: RawBatch): EpochMs[] {
  if (context?.['webhook'] !== undefined) return [];
  const [from, to] = [context?.['windowFrom'], context?.['windowTo']];
  if (kind !== 'device-events' || context?.['backfill'] === undefined || typeof from !== 'number' || typeof to !== 'number')
    return [observedAt];
  const count = Math.max(0, Math.floor((to - from) / READ_EVERY_MS)) + 1;
  return [...Array.from({ length: count }, (_, i) => from + i * READ_EVERY_MS), Math.min(to, observedAt), observedAt];
}

/** Of which times a batch tells. */
function timesIn({ batch, mapped }: Incoming): EpochMs[] {
  if (mapped.kind === 'device-events') return mapped.records.map(({ at }) => at);
  if (mapped.kind === 'wan-ports' || mapped.kind === 'port-samples') return mapped.records.map(({ sample }) => sample.at);
  return mapped.kind === 'wan-hours' ? hoursIn(mapped.records) : [batch.observedAt, dataTime(batch)];
}

const written = (observed: Observed, observations: readonly Observation[] = []): Written => ({
  observed,
  observations,
  rederive: 0,
});

async function ensureAll(database: Database, tables: readonly PartitionedTable[], instants: readonly number[]): Promise<void> {
  for (const table of tables) await ensurePartitions(database, table, instants);
}

/** One writer per kind of record; the compiler insists that none is missing. */
@Injectable()
export class WriterSet {
  constructor(
    private readonly wan: WanWriter,
    private readonly sle: SleWriter,
    private readonly regions: RegionsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Partitions of what is about to be written: they are made before the transaction. */
  async prepare(database: Database, { org, batch, mapped }: Incoming): Promise<void> {
    const polled = [batch.observedAt];
    if (mapped.kind === 'device-events') await this.prepareEvents(database, mapped.records);
    if (mapped.kind === 'sle-wifi' || mapped.kind === 'sle-wan') {
      await ensureAll(database, ['sle_sample', 'insight'], [dataTime(batch)]);
      await prepareHistory(database, [hourOfScores(batch)]);
    }
    if (mapped.kind === 'sle-detail') await prepareHistory(database, hoursOfDetails(mapped.records));
    if (mapped.kind === 'gateways' || mapped.kind === 'inventory') await ensureAll(database, ['device_state'], polled);
    if (mapped.kind === 'wan-hours') await prepareMonths(database, org.id, hoursIn(mapped.records));
    if (mapped.kind === 'peer-paths') await ensureAll(database, ['path_sample'], polled);
  }

  private async prepareEvents(database: Database, records: readonly DeviceEventRecord[]): Promise<void> {
    const instants = records.map((record) => record.at);
    await ensureAll(database, ['device_event', 'port_event', 'device_state'], instants);
  }

  async write(tx: Transaction, incoming: Incoming): Promise<Written> {
    const { org, batch, mapped } = incoming;
    const observedAt = new Date(batch.observedAt);
    switch (mapped.kind) {
      case 'sites':
        await upsertSites(tx, org.id, mapped.records, observedAt);
        await this.refreshRegions(tx, incoming);
        return written(NOTHING_OBSERVED);
      case 'site-groups':
        await upsertSiteGroups(tx, org.id, mapped.records);
        await this.refreshRegions(tx, incoming);
        return written(NOTHING_OBSERVED);
      case 'inventory':
        return written(await this.wan.inventory(tx, incoming, mapped.records));
      case 'gateways':
        return written(await this.wan.gateways(tx, incoming, mapped.records));
      case 'wan-ports':
      case 'port-samples':
        return written(await this.wan.ports(tx, incoming, mapped.records));
      case 'peer-paths':
        return written(await this.wan.paths(tx, incoming, mapped.records));
      case 'device-events':
        return written(await this.wan.events(tx, incoming, mapped.records));
      case 'alarms':
        await upsertAlarms(tx, org.id, mapped.records);
        return written(NOTHING_OBSERVED);
      case 'sle-wifi':
      case 'sle-wan':
        return written(
          NOTHING_OBSERVED,
          await this.sle.scores(tx, incoming, mapped.kind === 'sle-wifi' ? 'wifi' : 'wan', mapped.records),
        );
      case 'sle-detail':
        await this.sle.details(tx, incoming, mapped.records);
        return written(NOTHING_OBSERVED);
      case 'gateway-config':
        return { ...written(NOTHING_OBSERVED), rederive: await this.configs(tx, incoming, mapped.records) };
      case 'wan-hours':
        await storeWanHours(tx, org.id, mapped.records);
        return written(NOTHING_OBSERVED);
    }
  }

  /** An empty page tells that a site was read as well; one without a site that there was nothing to read. */
  private async configs(tx: Transaction, { org, batch }: Incoming, records: readonly GatewayConfigRecord[]): Promise<number> {
    const siteId = batch.context?.['siteId'];
    if (typeof siteId !== 'string') return 0;
    return storeGatewayConfigs(tx, { orgId: org.id, siteId, observedAt: new Date(batch.observedAt) }, records);
  }

  private async refreshRegions(tx: Transaction, { org, batch }: Incoming): Promise<void> {
    const rule = orgSettingsOf(this.settings, batch.orgId)?.regions;
    await this.regions.refresh(tx, org.id, rule, new Date(batch.observedAt));
  }
}

/** What a batch left for others to do. */
export interface Ran {
  readonly alertsChanged: number;
  readonly failoverMarks: number;
  readonly rederive: number;
}

/** A batch's way through its transaction: records, then facts, then alerts. */
@Injectable()
export class BatchPipeline {
  constructor(
    private readonly writers: WriterSet,
    private readonly facts: FactsService,
    private readonly alerting: AlertingService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Partitions of all that this batch may bring; before the transaction, when circuits have no keys yet. */
  async prepare(database: Database, incoming: Incoming): Promise<void> {
    await noteArrivals(database, { instants: timesIn(incoming), now: incoming.now, origin: 'live' });
    await this.writers.prepare(database, incoming);
    await this.facts.prepare(this.inputOf(incoming, await expectedOf(database, incoming), 0));
  }

  async run(tx: Transaction, incoming: Incoming, batchRow: number): Promise<Ran> {
    const { org, batch, now } = incoming;
    const { observed, observations, rederive } = await this.writers.write(tx, incoming);
    const input = this.inputOf(incoming, observed, batchRow);
    const { changes, failoverMarks } = await this.facts.apply(tx, input);
    await takeConnections(tx, org.id, input.deviceStates, this.settings);
    const transitions = this.settings.alerts.flappingTransitions;
    const all = [
      ...observations,
      ...(await observationsOf(tx, org.id, { circuits: changes, gateways: observed.deviceStates })),
      ...(await flappingObservations(tx, this.facts, { org, input, changes, transitions, now })),
    ];
    const { changed } = await this.alerting.evaluate(tx, {
      orgId: org.id,
      now,
      correlationId: batch.correlationId,
      observations: all,
    });
    return { alertsChanged: changed, failoverMarks, rederive };
  }

  private inputOf({ org, batch, now }: Incoming, observed: Observed, batchId: number): FactsInput {
    const latest = now + MAX_AHEAD_MS;
    return {
      orgId: org.id,
      batchId,
      origin: 'live',
      now,
      portSamples: observed.portSamples,
      portEvents: observed.portEvents.filter(({ event }) => event.at <= latest),
      pathSamples: observed.pathSamples,
      deviceStates: observed.deviceStates.filter(({ at }) => at <= latest),
      reads: readsOf(batch),
    };
  }
}
