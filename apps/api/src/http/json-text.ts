import type { FastifyReply } from 'fastify';

/** Part of an answer, or all of it, that is JSON already: long ones are written straight from the rows instead of by way of objects. */
export class JsonText {
  constructor(readonly bytes: Buffer) {}

  /** An object of these fields, in their order, with a text of JSON as the last one. */
  static object(fields: Readonly<Record<string, unknown>>, [name, last]: readonly [string, JsonText]): JsonText {
    const begin = JSON.stringify(fields).slice(0, -1);
    const head = `${begin}${begin === '{' ? '' : ','}${JSON.stringify(name)}:`;
    return new JsonText(Buffer.concat([Buffer.from(head), last.bytes, Buffer.from('}')]));
  }

  /** What it stands for; also how it comes to be the same in whatever it is a part of. */
  toJSON(): unknown {
    return JSON.parse(this.bytes.toString());
  }
}

const FIRST_BYTES = 64 * 1024;

/** Takes pieces of ASCII one after the other. As one string that grows they would all stay alive, and cost more to keep than to make. */
export class AsciiWriter {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  add(text: string): void {
    const needed = this.length + text.length;
    if (needed > this.buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.buffer.length));
      this.buffer.copy(larger, 0, 0, this.length);
      this.buffer = larger;
    }
    this.length += this.buffer.write(text, this.length, 'latin1');
  }

  /** What was written. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** An answer whose fields can be looked at. */
export const asFields = (answer: unknown): unknown => (answer instanceof JsonText ? answer.toJSON() : answer);

/** An answer as the server takes it: bytes as they are, everything else as something to be written as JSON. */
export function forServer(answer: unknown, reply: FastifyReply): unknown {
  if (!(answer instanceof JsonText)) return answer;
  reply.type('application/json; charset=utf-8');
  return answer.bytes;
}
