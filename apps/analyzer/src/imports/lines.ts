/** A physical line of a file, counted from 1. */
export interface Line {
  readonly number: number;
  /** Without its line end; cut short when the line is too long. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/** Nothing we read needs a longer line; without a limit a file without line ends would fill the memory. */
export const MAX_LINE_CHARS = 1_048_576;

/** Cuts streamed UTF-8 into lines, with LF or CRLF at their ends and a byte order mark before the first removed. */
class LineCutter {
  private readonly decoder = new TextDecoder('utf-8');
  private rest = '';
  private isTooLong = false;
  private count = 0;

  take(bytes: Uint8Array): Line[] {
    return this.cut(this.decoder.decode(bytes, { stream: true }));
  }

  end(): Line[] {
    const lines = this.cut(this.decoder.decode());
    return this.rest === '' && !this.isTooLong ? lines : [...lines, this.finish('')];
  }

  private cut(text: string): Line[] {
    const pieces = text.split('\n');
    const tail = pieces.pop() ?? '';
    const lines = pieces.map((piece) => this.finish(piece));
    this.keep(tail);
    return lines;
  }

  private keep(piece: string): void {
    if (this.rest.length + piece.length > MAX_LINE_CHARS) this.isTooLong = true;
    else this.rest += piece;
  }

  private finish(piece: string): Line {
    this.keep(piece);
    const text = this.rest.endsWith('\r') ? this.rest.slice(0, -1) : this.rest;
    const line = { number: ++this.count, text, isTooLong: this.isTooLong };
    this.rest = '';
    this.isTooLong = false;
    return line;
  }
}

/** The lines of a stream in batches as they arrive; memory stays flat. */
export async function* readLines(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Line[]> {
  const cutter = new LineCutter();
  for await (const bytes of source) yield cutter.take(bytes);
  yield cutter.end();
}
