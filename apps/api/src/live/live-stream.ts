import { Readable } from 'node:stream';

/** What waits for a reader at most: some hundred events. Who falls behind further is closed, and goes on by the id of the last event it took. */
const MAX_WAITING_BYTES = 256 * 1024;
/** Heartbeats during which a reader may take nothing of what waits for it. */
const MAX_STALLED_BEATS = 4;
/** How long a reader may take for the last word. */
const LAST_WORD_MS = 2_000;

/** The text of one stream on its way to one reader. */
export class LiveStream extends Readable {
  private pushedBytes = 0;
  private takenBytes = 0;
  private stalledBeats = 0;
  private isFinished = false;
  private whenWanted: (() => void) | null = null;

  override _read(): void {
    this.whenWanted?.();
    this.whenWanted = null;
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this._read();
    done(error);
  }

  /** Hands text over; closes the stream when too much of it waits. */
  tell(text: string | Buffer): void {
    if (this.isOver) return;
    this.pushedBytes += Buffer.byteLength(text);
    this.push(text);
    if (this.readableLength > MAX_WAITING_BYTES) this.destroy(new Error('The reader of a live stream is too slow.'));
  }

  /** Resolves when the reader took what there was, or is gone. */
  async wanted(): Promise<void> {
    if (this.isOver || this.readableLength < this.readableHighWaterMark) return;
    await new Promise<void>((resolve) => (this.whenWanted = resolve));
  }

  /** Called once a heartbeat: closes the stream of a reader that stands still. */
  beat(): void {
    const taken = this.pushedBytes - this.readableLength;
    this.stalledBeats = this.readableLength > 0 && taken === this.takenBytes ? this.stalledBeats + 1 : 0;
    this.takenBytes = taken;
    if (this.stalledBeats >= MAX_STALLED_BEATS) this.destroy(new Error('The reader of a live stream stands still.'));
  }

  /** Ends the stream after a last word; a reader that does not take it is not waited for. */
  finish(text: string): void {
    if (this.isOver) return;
    this.isFinished = true;
    this.push(text);
    this.push(null);
    const patience = setTimeout(() => this.destroy(), LAST_WORD_MS);
    // Nor is a process that ends to wait for it.
    patience.unref();
    this.once('close', () => clearTimeout(patience));
  }

  get isOver(): boolean {
    return this.isFinished || this.destroyed;
  }
}
