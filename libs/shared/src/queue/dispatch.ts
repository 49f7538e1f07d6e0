import { isNativeError } from 'node:util/types';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { UnrecoverableError } from 'bullmq';
import { scrubText } from '../config/redact.js';
import { PermanentError, TransientError } from '../errors.js';
import { BATCH_KINDS, JOBS, RAW_BATCH_VERSION, type JobName, type QueueName } from './contracts.js';
import { backoffMs, WORKERS } from './workers.js';

/** Narrows the name of a job from the queue. */
export function isJobName(name: string): name is JobName {
  return Object.hasOwn(JOBS, name);
}

/** The jobs of a queue. */
export function jobsOn(queue: QueueName): JobName[] {
  return Object.keys(JOBS).filter((name): name is JobName => isJobName(name) && JOBS[name].queue === queue);
}

/** The validated payload of a job, unknown fields removed; throws `JOB_PAYLOAD_INVALID` that names every fault. */
export function readPayload(name: JobName, data: unknown): object {
  if (!isRecord(data)) throw invalid(name, ['the payload is not an object']);
  // The records of a batch are checked by the analyzer's compiled schemas; reflection over a thousand of them would block the process.
  if (name === 'ingest-batch') return readEnvelope(data);
  const payload: object = plainToInstance<object, unknown>(JOBS[name].payload, data);
  const errors = validateSync(payload, { whitelist: true, forbidUnknownValues: false });
  if (errors.length > 0) throw invalid(name, errors.flatMap(faultsOf));
  return payload;
}

/** Same rules as the decorators of `RawBatch`, except that it does not look into the records. */
function readEnvelope(data: Record<string, unknown>): object {
  const faults = [
    ...['batchId', 'orgId', 'cycleId'].filter((key) => !isText(data[key])).map((key) => `${key} should be a non-empty string`),
    ...['page', 'observedAt'].filter((key) => !isCount(data[key])).map((key) => `${key} should be an integer >= 0`),
    ...(BATCH_KINDS.some((kind) => kind === data['kind']) ? [] : [`kind should be one of ${BATCH_KINDS.join(', ')}`]),
    ...(typeof data['correlationId'] === 'string' ? [] : ['correlationId should be a string']),
    ...bodyFaults(data),
  ];
  if (faults.length > 0) throw invalid('ingest-batch', faults);
  return data;
}

function bodyFaults({ schemaVersion, records, packed }: Record<string, unknown>): string[] {
  const faults: string[] = [];
  if (!isCount(schemaVersion) || schemaVersion < 1) faults.push('schemaVersion should be an integer >= 1');
  else if (schemaVersion > RAW_BATCH_VERSION)
    faults.push(`schemaVersion ${schemaVersion} is newer than this analyzer (${RAW_BATCH_VERSION}): upgrade it`);
  if (records !== undefined && !Array.isArray(records)) faults.push('records should be a list');
  if (packed !== undefined && typeof packed !== 'string') faults.push('packed should be a string');
  if (records === undefined && packed === undefined) faults.push('either records or packed should be there');
  return faults;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

function faultsOf({ property, constraints, children }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...(children ?? []).flatMap(faultsOf).map((fault) => `${property}: ${fault}`)];
}

const invalid = (name: JobName, faults: string[]): PermanentError =>
  new PermanentError('JOB_PAYLOAD_INVALID', `Payload of ${name} is invalid: ${faults.join('; ')}`, {
    details: { job: name, faults },
  });

export interface Failed {
  readonly error: Error;
  readonly code: string | null;
  readonly isPermanent: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a handler threw, classified. An error of nobody's is worth another try: most are, and the attempts are limited. */
export function classify(thrown: unknown): Failed {
  const error = isNativeError(thrown) ? thrown : new Error(messageOf(thrown));
  const isOurs = error instanceof PermanentError || error instanceof TransientError;
  return {
    error,
    code: isOurs ? error.code : null,
    isPermanent: error instanceof PermanentError || error instanceof UnrecoverableError,
    details: isOurs ? error.details : {},
  };
}

/** An `RpcException` arrives as the plain object that Nest makes of it. */
function messageOf(thrown: unknown): string {
  if (isRecord(thrown) && typeof thrown['message'] === 'string') return thrown['message'];
  return typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
}

/** Translates for BullMQ, which keeps message and stack: `UnrecoverableError` is not tried again. */
export function toQueueError({ error, isPermanent }: Failed): Error {
  error.message = scrubText(error.message);
  if (error.stack !== undefined) error.stack = scrubText(error.stack);
  if (!isPermanent || error instanceof UnrecoverableError) return error;
  const unrecoverable = new UnrecoverableError(error.message);
  unrecoverable.cause = error;
  return unrecoverable;
}

/** Wait before the next attempt: what the other side asked for, else exponential with jitter. */
export function retryDelayMs(queue: QueueName, attemptsMade: number, error: unknown): number {
  if (error instanceof TransientError && error.retryAfterMs !== null) return Math.max(1, Math.round(error.retryAfterMs));
  return Math.max(1, backoffMs(WORKERS[queue].backoff, attemptsMade, Math.random()));
}
