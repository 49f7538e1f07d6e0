import { UnrecoverableError } from 'bullmq';
import { registerSecret } from '../config/redact.js';
import { PermanentError, TransientError } from '../errors.js';
import { CollectKindJob, JOBS, RAW_BATCH_VERSION } from './contracts.js';
import { correlationMetadata, correlationOf } from './correlation.js';
import { classify, jobsOn, readPayload, retryDelayMs, toQueueError } from './dispatch.js';
import { storable } from './jsonb.js';
import { checkedId } from './publisher.js';
import { backoffMs, WORKERS } from './workers.js';

const batch = {
  batchId: 'b1',
  orgId: 'o1',
  kind: 'wan-ports',
  cycleId: 'c1',
  page: 0,
  observedAt: 1_767_225_600_000,
  schemaVersion: RAW_BATCH_VERSION,
  correlationId: 'x1',
  records: [{ anything: 1 }],
};

describe('payloads', () => {
  it('become instances of their class, without fields that the class does not have', () => {
    const payload = readPayload('collect-kind', { orgId: 'o1', kind: 'sites', reason: 'now', extra: true });
    expect(payload).toBeInstanceOf(CollectKindJob);
    expect(payload).toEqual(Object.assign(new CollectKindJob(), { orgId: 'o1', kind: 'sites', reason: 'now' }));
  });

  it('may be empty where the class is', () => {
    expect(() => readPayload('send-due', {})).not.toThrow();
  });

  it.each([null, [], 'text', 7])('are refused when they are %p', (data) => {
    expect(() => readPayload('send-due', data)).toThrow('Payload of send-due is invalid: the payload is not an object');
  });

  it('are refused with every fault named', () => {
    expect(() => readPayload('collect-kind', { kind: 'weather', reason: 'now' })).toThrow(/orgId must be.*kind must be one of/);
  });

  it('of raw batches pass untouched: the records are not looked into', () => {
    expect(readPayload('ingest-batch', batch)).toBe(batch);
    expect(readPayload('ingest-batch', { ...batch, records: undefined, packed: 'H4sI' })).toMatchObject({ packed: 'H4sI' });
  });

  it.each([
    ['batchId', '', 'batchId should be a non-empty string'],
    ['kind', 'weather', 'kind should be one of'],
    ['page', -1, 'page should be an integer >= 0'],
    ['observedAt', '2026', 'observedAt should be an integer >= 0'],
    ['schemaVersion', RAW_BATCH_VERSION + 1, 'upgrade it'],
    ['records', {}, 'records should be a list'],
    ['records', undefined, 'either records or packed'],
    ['packed', 5, 'packed should be a string'],
  ])('of raw batches are refused when %s is %p', (key, value, message) => {
    expect(() => readPayload('ingest-batch', { ...batch, [key]: value })).toThrow(message);
  });
});

describe('errors', () => {
  it('that are permanent become unrecoverable, and keep their cause', () => {
    const error = new PermanentError('MIST_UNAUTHORIZED', 'refused', { details: { orgId: 'o1' } });
    const failed = classify(error);
    expect(failed).toMatchObject({ code: 'MIST_UNAUTHORIZED', isPermanent: true, details: { orgId: 'o1' } });
    expect(toQueueError(failed)).toBeInstanceOf(UnrecoverableError);
    expect(toQueueError(failed)).toMatchObject({ message: 'refused', cause: error });
  });

  it.each([new TransientError('BUSY', 'later'), new Error('unforeseen')])('that are not (%p) stay what they are', (error) => {
    expect(classify(error).isPermanent).toBe(false);
    expect(toQueueError(classify(error))).toBe(error);
  });

  it('reach the queue and the tables without secrets, wherever their text came from', () => {
    registerSecret('token-in-an-answer');
    const ours = new TransientError('BUSY', 'asked with token-in-an-answer');
    expect(ours.message).toBe('asked with [redacted]');
    const foreign = toQueueError(classify(new Error('asked with token-in-an-answer')));
    expect(`${foreign.message} ${foreign.stack ?? ''}`).not.toContain('token-in-an-answer');
  });

  it('that are no errors get a message', () => {
    expect(classify({ status: 'error', message: 'from RpcException' }).error.message).toBe('from RpcException');
    expect(classify('text').error.message).toBe('text');
    expect(classify({ odd: 1 }).error.message).toBe('{"odd":1}');
  });
});

describe('waits between attempts', () => {
  const settings = { firstMs: 1_000, maxMs: 10_000, jitter: 0.5 };
  it.each([
    [1, 0, 1_000],
    [2, 0, 2_000],
    [3, 0.5, 3_000],
    [4, 0, 8_000],
    [5, 0, 10_000],
    [50, 0, 10_000],
  ])('after attempt %i with random %d are %i ms', (attemptsMade, random, expected) => {
    expect(backoffMs(settings, attemptsMade, random)).toBe(expected);
  });

  it('are what the other side asked for', () => {
    expect(retryDelayMs('collect', 1, new TransientError('RATE', 'slow', { retryAfterMs: 123_456 }))).toBe(123_456);
    expect(retryDelayMs('collect', 1, new TransientError('RATE', 'slow'))).toBeLessThanOrEqual(WORKERS.collect.backoff.firstMs);
  });
});

it('finds the correlation id in the payload, else in the metadata, else takes the job id', () => {
  expect(correlationOf({ correlationId: 'p' }, correlationMetadata('m'), 'j')).toBe('p');
  expect(correlationOf({}, correlationMetadata('m'), 'j')).toBe('m');
  expect(correlationOf({}, 'not json', 'j')).toBe('j');
  expect(correlationOf(null, undefined, 'j')).toBe('j');
});

it('knows which jobs a queue carries', () => {
  expect(jobsOn('ingest')).toEqual(['ingest-batch']);
  expect(jobsOn('collect').every((name) => JOBS[name].queue === 'collect')).toBe(true);
});

it('accepts ids that BullMQ accepts', () => {
  expect(checkedId('drain-o1')).toBe('drain-o1');
  for (const id of ['', '12', 'a:b']) expect(() => checkedId(id)).toThrow('is refused');
});

it('changes a payload for Postgres only where Postgres would refuse it', () => {
  const plain = { text: 'a \\u0000 b' };
  expect(storable(plain)).toEqual(plain);
  expect(storable({ text: 'a\0b', list: ['\ud800'], emoji: '\u{1F600}' })).toEqual({
    text: 'a\uFFFDb',
    list: ['\uFFFD'],
    emoji: '\u{1F600}',
  });
});
