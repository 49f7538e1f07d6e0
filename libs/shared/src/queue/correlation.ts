import { AsyncLocalStorage } from 'node:async_hooks';

const store = new AsyncLocalStorage<string>();

/** Runs `work` so that everything it logs and publishes carries `id`, one id from Mist's answer to the mail. */
export function withCorrelation<T>(id: string, work: () => T): T {
  return store.run(id, work);
}

/** The id of what is under way, `null` outside of any job or request. */
export function correlationId(): string | null {
  return store.getStore() ?? null;
}

/** The id as it travels in a job's trace metadata. */
export function correlationMetadata(id: string): string {
  return JSON.stringify({ correlationId: id });
}

/** The id of a job: in its payload, else in its metadata, else the job's own id. */
export function correlationOf(payload: unknown, metadata: string | undefined, jobId: string): string {
  return idIn(payload) ?? (metadata === undefined ? null : idIn(parse(metadata))) ?? jobId;
}

function idIn(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || !('correlationId' in value)) return null;
  return typeof value.correlationId === 'string' && value.correlationId !== '' ? value.correlationId : null;
}

function parse(metadata: string): unknown {
  try {
    return JSON.parse(metadata);
  } catch {
    return null; // metadata of another tracer; it says nothing about our id
  }
}
