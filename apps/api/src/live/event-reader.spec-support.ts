import { get, type IncomingMessage } from 'node:http';
import { waitFor } from '@app/testing';

export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads a stream of server-sent events over HTTP, as a client outside would. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  /** The id that a client sends when it connects again. */
  lastId = '';
  comments = '';
  isOver = false;
  private rest = '';

  private constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.take(text));
    for (const end of ['end', 'error', 'close']) response.on(end, () => (this.isOver = true));
  }

  /** Opens a stream with a key, or with the cookie of a session: headers as they are. */
  static async open(
    url: string,
    by: string | Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventReader> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // Each on a connection of its own, as browsers keep one for a stream.
      get(
        url,
        { agent: false, headers: { ...(typeof by === 'string' ? { authorization: `Bearer ${by}` } : by), ...headers } },
        resolve,
      ).on('error', reject);
    });
    return new EventReader(response);
  }

  /** Names of the events that came, without those about the stream itself. */
  get told(): unknown[] {
    return this.events
      .filter(({ event }) => event !== 'ready')
      .map(({ event, data }) => (data['facts'] as { n?: number })?.n ?? event);
  }

  until(what: string, isTrue: (reader: this) => boolean): Promise<void> {
    return waitFor(() => isTrue(this), {
      timeoutMs: 10_000,
      describe: () => `${what}; what came: ${JSON.stringify(this.told)}`,
    }).then(() => undefined);
  }

  ready(): Promise<void> {
    return this.until('the stream is ready', ({ events }) => events.some(({ event }) => event === 'ready'));
  }

  close(): void {
    this.response.destroy();
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      this.lastId = fields.get('id') ?? this.lastId;
      this.comments += fields.get('') ?? '';
      const data = fields.get('data');
      if (data !== undefined)
        this.events.push({ id: this.lastId, event: fields.get('event') ?? '', data: JSON.parse(data) as ReadEvent['data'] });
    }
  }
}
