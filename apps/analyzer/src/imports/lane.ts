import type { CellFault } from './cells.js';
import type { Chunk } from './kind.js';

export interface LaneWork {
  readonly newChunk: () => Chunk;
  readonly store: (chunk: Chunk) => Promise<void>;
}

/** Rows that are stored in the order of the file: a chunk being filled, and the one before it being stored. */
export class Lane {
  private chunk: Chunk;
  private storing: Promise<void> = Promise.resolve();

  constructor(private readonly work: LaneWork) {
    this.chunk = work.newChunk();
  }

  add(row: Readonly<Record<string, unknown>>): readonly CellFault[] {
    return this.chunk.add(row);
  }

  get isFull(): boolean {
    return this.chunk.isFull;
  }

  /** Begins to store the chunk when the one before is stored: meanwhile the next rows are read. */
  async store(): Promise<void> {
    const chunk = this.chunk;
    this.chunk = this.work.newChunk();
    await this.storing;
    this.storing = this.work.store(chunk);
    // Whoever waits for it next hears of its failure.
    this.storing.catch(() => undefined);
  }

  /** Ends when nothing is under way any more. */
  ended(): Promise<void> {
    return this.storing;
  }
}

/** The place among `lanes` of rows with this text: evenly enough for a few. */
export function laneOfText(text: string, lanes: number): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return ((hash ^ (hash >>> 16)) >>> 0) % lanes;
}
