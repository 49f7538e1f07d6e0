import { ClientProxy, type ReadPacket } from '@nestjs/microservices';
import { PermanentError } from '../errors.js';
import { isJobName, readPayload } from './dispatch.js';
import type { PayloadOf } from './contracts.js';
import type { JobPublisher } from './publisher.js';

/** Nest's client face of the queue: `emit(job, payload)` publishes. Jobs have no answers, so `send` is refused. */
export class BullMqClient extends ClientProxy {
  constructor(private readonly publisher: JobPublisher) {
    super();
  }

  async connect(): Promise<void> {
    await this.publisher.ping();
  }

  async close(): Promise<void> {
    await this.publisher.close();
  }

  override unwrap<T>(): T {
    return this.publisher as T;
  }

  protected override async dispatchEvent<T>({ pattern, data }: ReadPacket): Promise<T> {
    const name = String(pattern);
    if (!isJobName(name)) throw new PermanentError('JOB_UNKNOWN', `There is no job named "${name}"`);
    const payload: unknown = readPayload(name, data);
    await this.publisher.publish(name, payload as PayloadOf<typeof name>);
    return undefined as T;
  }

  protected override publish(): never {
    throw new PermanentError('JOB_HAS_NO_ANSWER', 'A job gives no answer: use emit() instead of send()');
  }
}
