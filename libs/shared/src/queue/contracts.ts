import { ArrayMaxSize, IsArray, IsIn, IsInt, IsOptional, IsString, Min, MinLength } from 'class-validator';

/** What the collector reads from Mist; one lease, one schedule and one queue of batches per (org, kind). */
export const COLLECT_KINDS = [
  'sites',
  'site-groups',
  'inventory',
  'gateways',
  'wan-ports',
  'peer-paths',
  'device-events',
  'alarms',
  'sle-wifi',
  'sle-wan',
  'sle-detail',
  'gateway-config',
] as const;
export type CollectKind = (typeof COLLECT_KINDS)[number];

/**
 * What a raw batch may hold: what the collector polls, port readings that bring their own time (rows like those of the import), or hours of WAN
 * ports that a backfill read.
 */
export const BATCH_KINDS = [...COLLECT_KINDS, 'port-samples', 'wan-hours'] as const;
export type BatchKind = (typeof BATCH_KINDS)[number];

/** Poll one kind of data of one org now. */
export class CollectKindJob {
  @IsString() @MinLength(1) orgId!: string;
  @IsIn(COLLECT_KINDS) kind!: CollectKind;
  /** Why it runs: the schedule, an operator, or a cycle that was not committed. */
  @IsIn(['schedule', 'now', 'again']) reason!: 'schedule' | 'now' | 'again';
}

/** Go on with the backfills of an org that are not finished. */
export class RunBackfillJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Make the job schedulers equal to the configured orgs and kinds. */
export class ReconcileSchedulesJob {}

/**
 * One page of raw records of one poll, unchanged from Mist. The only job that carries rows; the analyzer checks the records with compiled
 * schemas. `records` is the JSON of the page; large pages travel packed (`packed`: base64 of gzip) instead.
 */
export class RawBatch {
  @IsString() @MinLength(1) batchId!: string;
  @IsString() @MinLength(1) orgId!: string;
  @IsIn(BATCH_KINDS) kind!: BatchKind;
  @IsString() @MinLength(1) cycleId!: string;
  @IsInt() @Min(0) page!: number;
  /** Epoch milliseconds of the poll: the time of every record that has none of its own. */
  @IsInt() @Min(0) observedAt!: number;
  @IsInt() @Min(1) schemaVersion!: number;
  @IsString() correlationId!: string;
  @IsOptional() @IsArray() @ArrayMaxSize(10_000) records?: readonly unknown[];
  @IsOptional() @IsString() packed?: string;
  /** What was asked, where the records alone do not say: window of an SLE read, site and metric of a detail. Epoch ms. */
  @IsOptional() context?: Readonly<Record<string, string | number | null>>;
}

/** Make the facts of all hours that have closed since, also of circuits nobody answered for. */
export class CloseHoursJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Bandwidths of circuits of an org were loaded: make the utilization of their stored hours anew. */
export class RederiveCircuitsJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Move every alert whose `for`, clear delay or staleness has run out. */
export class EvaluateAlertsJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Write down for live streams what changed in an org that no single row says: status of sites, closed hours, days with other data. */
export class NoteChangesJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Drop what has been kept long enough, in the whole database. */
export class ApplyRetentionJob {}

/** Something came that may change failovers of an org: find them. */
export class DrainFailoversJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Hours or attributes of an org changed: bring its calendar rollups up to them. */
export class RollUpJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** A delivery of Mist's webhook lies in the inbox: take it. */
export class TakeDeliveryJob {
  @IsString() @MinLength(1) orgId!: string;
  @IsInt() @Min(1) deliveryId!: number;
}

/** Take up deliveries that were stored and never taken. */
export class SweepInboxJob {}

/** New rows wait in the outbox of an org. */
export class DrainOutboxJob {
  @IsString() @MinLength(1) orgId!: string;
}

/** Send the deliveries that are due; the sweep that makes lost wake-ups harmless. */
export class SendDueJob {}

/** Send a test message to everybody of a channel, as a row of `channel_test` asks for; what came of it is written there and into the audit log. */
export class TestChannelJob {
  @IsString() @MinLength(1) orgId!: string;
  @IsInt() @Min(1) testId!: number;
}

/** Look whether people took incidents in a ticket system. */
export class WatchTicketsJob {}

/** Call whoever raises the alarm when these calls stop, if everything works. */
export class SendHeartbeatJob {}

/** Make the reports whose time has come; the sweep that makes lost wake-ups harmless. */
export class SendReportsJob {}

/** Mail the reports that are made. */
export class MailReportsJob {}

/** Write the facts of days that are over into the folder of the configuration. */
export class ExportFactsJob {}

/** Every job in the system: who does it, with what. Nothing else names a queue or a job. */
export const JOBS = {
  'collect-kind': { queue: 'collect', payload: CollectKindJob },
  'run-backfill': { queue: 'collect', payload: RunBackfillJob },
  'reconcile-schedules': { queue: 'collect', payload: ReconcileSchedulesJob },
  'ingest-batch': { queue: 'ingest', payload: RawBatch },
  'close-hours': { queue: 'analyze', payload: CloseHoursJob },
  'rederive-circuits': { queue: 'analyze', payload: RederiveCircuitsJob },
  'evaluate-alerts': { queue: 'analyze', payload: EvaluateAlertsJob },
  'drain-failovers': { queue: 'analyze', payload: DrainFailoversJob },
  'note-changes': { queue: 'analyze', payload: NoteChangesJob },
  'apply-retention': { queue: 'analyze', payload: ApplyRetentionJob },
  'roll-up': { queue: 'rollup', payload: RollUpJob },
  'take-delivery': { queue: 'inbox', payload: TakeDeliveryJob },
  'sweep-inbox': { queue: 'inbox', payload: SweepInboxJob },
  'drain-outbox': { queue: 'notify', payload: DrainOutboxJob },
  'send-due': { queue: 'notify', payload: SendDueJob },
  'test-channel': { queue: 'notify', payload: TestChannelJob },
  'watch-tickets': { queue: 'notify', payload: WatchTicketsJob },
  'send-heartbeat': { queue: 'notify', payload: SendHeartbeatJob },
  'send-reports': { queue: 'report', payload: SendReportsJob },
  'mail-reports': { queue: 'report', payload: MailReportsJob },
  'export-facts': { queue: 'report', payload: ExportFactsJob },
} as const;

export type JobName = keyof typeof JOBS;
export type PayloadOf<N extends JobName> = InstanceType<(typeof JOBS)[N]['payload']>;
export type QueueName = (typeof JOBS)[JobName]['queue'];
type JobOn<Q extends QueueName> = { [N in JobName]: (typeof JOBS)[N]['queue'] extends Q ? N : never }[JobName];
/** An app gives one handler per job on its queues; a missing one does not compile. */
export type HandlersFor<Q extends QueueName> = { [N in JobOn<Q>]: (payload: PayloadOf<N>) => Promise<void> };

/** Version of the `RawBatch` envelope and of the records' meaning. */
export const RAW_BATCH_VERSION = 1;
