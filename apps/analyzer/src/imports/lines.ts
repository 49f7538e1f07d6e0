/** A physical line of a file, counted from 1. */
export interface Line {
  readonly number: number;
  /** Without its line end; cut short when the line is too long. */
  readonly text: string;
  /** Why the line cannot be read as it stands; null when it can. */
  readonly fault: string | null;
}

/** Nothing we read needs a longer line; without a limit a file without line ends would fill the memory. */
export const MAX_LINE_CHARS = 1_048_576;

const TOO_LONG = 'the line is longer than 1 MB';
const NOT_UTF_8 = 'is not UTF-8; save the file in that encoding';
const REPLACEMENT = '\uFFFD';
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT, 'utf8');
const MAX_TAIL = REPLACEMENT_BYTES.length - 1;

/**
 * Whether bytes were decoded that are no UTF-8. A replacement character in the text may also stand in the file, so both are counted: unlike texts
 * of another encoding would become one id.
 */
class Utf8Check {
  private tail: Uint8Array = new Uint8Array();

  isBroken(bytes: Uint8Array, text: string): boolean {
    const isSuspect = text.includes(REPLACEMENT);
    const written = isSuspect ? count(Buffer.concat([this.tail, bytes]), REPLACEMENT_BYTES) : 0;
    // A character may be cut by the end of the bytes; a stream may bring them one by one.
    const last = bytes.subarray(-MAX_TAIL);
    this.tail = Buffer.concat([this.tail, last]).subarray(-MAX_TAIL);
    return isSuspect && text.split(REPLACEMENT).length - 1 > written;
  }
}

function count(bytes: Buffer, part: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(part); at >= 0; at = bytes.indexOf(part, at + part.length)) found++;
  return found;
}

/** Cuts streamed UTF-8 into lines, with LF or CRLF at their ends and a byte order mark before the first removed. */
class LineCutter {
  private readonly decoder = new TextDecoder('utf-8');
  private rest = '';
  private readonly check = new Utf8Check();
  private fault: string | null = null;
  private count = 0;

  take(bytes: Uint8Array): Line[] {
    const text = this.decoder.decode(bytes, { stream: true });
    return this.cut(text, this.check.isBroken(bytes, text));
  }

  end(): Line[] {
    const text = this.decoder.decode();
    const lines = this.cut(text, text !== '');
    return this.rest === '' && this.fault === null ? lines : [...lines, this.finish('', false)];
  }

  private cut(text: string, isBroken: boolean): Line[] {
    const pieces = text.split('\n');
    const tail = pieces.pop() ?? '';
    const lines = pieces.map((piece) => this.finish(piece, isBroken));
    this.keep(tail, isBroken);
    return lines;
  }

  private keep(piece: string, isBroken: boolean): void {
    if (isBroken && piece.includes(REPLACEMENT)) this.fault ??= NOT_UTF_8;
    if (this.rest.length + piece.length > MAX_LINE_CHARS) this.fault = TOO_LONG;
    else this.rest += piece;
  }

  private finish(piece: string, isBroken: boolean): Line {
    this.keep(piece, isBroken);
    const text = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    const line = { number: ++this.count, text, fault: this.fault };
    this.rest = '';
    this.fault = null;
    return line;
  }
}

/** The lines of a stream in batches as they arrive; memory stays flat. */
export async function* readLines(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Line[]> {
  const cutter = new LineCutter();
  for await (const bytes of source) yield cutter.take(bytes);
  yield cutter.end();
}
