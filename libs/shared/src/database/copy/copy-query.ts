import type pg from 'pg';
import { CopyCursor } from './copy-cursor.js';

/** Kinds of the server's messages, by their first byte. */
const COPY_DATA = 0x64;
const COPY_DONE = 0x63;
const FAILED = 0x45;
/** Kind and length of a message. */
const HEAD_BYTES = 5;
/** `PGCOPY\n\377\r\n\0`, flags, and the length of an extension that nobody uses: before the first row. */
const SIGNATURE_BYTES = 19;
const END = -1;

type TakesBytes = (bytes: Buffer) => void;

interface Taking {
  /** Called with every row, which is good for the time of the call. */
  readonly row: (row: CopyCursor) => void;
  /** Called after the rows that came together. */
  readonly together?: () => void;
}

/**
 * `copy ... to stdout (format binary)`, read where its bytes come in. The server sends a message for each row; the driver, and the streams made for
 * copies, make several objects of each. While rows come, this listens to the connection instead of the driver; all else is the driver's.
 */
export class CopyQuery implements pg.Submittable {
  /** Settled when the connection is free again. */
  readonly done: Promise<void>;
  private resolve: () => void = () => undefined;
  private reject: (error: Error) => void = () => undefined;
  private readonly cursor = new CopyCursor();
  private rest: Buffer = Buffer.alloc(0);
  private isFirst = true;
  private isOver = false;
  private mistake: Error | null = null;
  private stream: pg.Connection['stream'] | null = null;
  private giveBack: TakesBytes = () => undefined;
  private pass: TakesBytes = () => undefined;

  constructor(
    private readonly select: string,
    private readonly taking: Taking,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    this.stream = stream;
    const listeners = stream.listeners('data') as TakesBytes[];
    const own = (bytes: Buffer): void => {
      this.take(bytes);
      this.taking.together?.();
    };
    for (const listener of listeners) stream.removeListener('data', listener);
    stream.on('data', own);
    this.pass = (bytes) => {
      for (const listener of listeners) listener(bytes);
    };
    this.giveBack = (bytes) => {
      this.isOver = true;
      this.rest = Buffer.alloc(0);
      stream.removeListener('data', own);
      for (const listener of listeners) stream.on('data', listener);
      this.pass(bytes);
    };
    connection.query(`copy (${this.select}) to stdout (format binary)`);
  }

  /** Holds the server back, until `resume`. */
  pause(): void {
    this.stream?.pause();
  }

  resume(): void {
    this.stream?.resume();
  }

  handleError(error: Error): void {
    this.reject(error);
  }

  handleCommandComplete(): void {
    // How many rows there were, everybody has counted.
  }

  handleReadyForQuery(): void {
    if (this.mistake === null) this.resolve();
    else this.reject(this.mistake);
  }

  /** A message that is cut is put together by itself: all others are read where they lie. */
  private take(chunk: Buffer): void {
    let bytes = chunk;
    while (this.rest.length > 0 && bytes.length > 0) {
      const whole = this.rest.length < HEAD_BYTES ? HEAD_BYTES : 1 + this.rest.readInt32BE(1);
      const missing = whole - this.rest.length;
      const message = Buffer.concat([this.rest, bytes.subarray(0, missing)]);
      bytes = bytes.subarray(missing);
      this.walk(message);
    }
    if (bytes.length > 0) this.walk(bytes);
  }

  private walk(bytes: Buffer): void {
    if (this.isOver) return this.pass(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (let end = 0; at + HEAD_BYTES <= bytes.length; at = end) {
      const kind = view.getUint8(at);
      if (kind === COPY_DONE || kind === FAILED) return this.giveBack(bytes.subarray(at));
      end = at + 1 + view.getInt32(at + 1);
      if (end > bytes.length) break;
      if (kind === COPY_DATA) this.row(bytes, view, at + HEAD_BYTES);
      else this.pass(bytes.subarray(at, end));
    }
    this.rest = bytes.subarray(at);
  }

  /** A mistake of whoever takes rows is told when all have come: a copy cannot be stopped half way. */
  private row(bytes: Buffer, view: DataView, from: number): void {
    const at = this.isFirst ? from + SIGNATURE_BYTES : from;
    this.isFirst = false;
    if (this.mistake !== null || view.getInt16(at) === END) return;
    this.cursor.moveTo(bytes, view, at + 2);
    try {
      this.taking.row(this.cursor);
    } catch (error) {
      this.mistake = error instanceof Error ? error : new Error(String(error));
    }
  }
}
