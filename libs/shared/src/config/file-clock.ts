import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import { systemClock, type Clock } from '../clock.js';
import { PermanentError } from '../errors.js';

/** A clock that shows what a file says (epoch milliseconds): one file drives all processes of a test or a demo. */
export class FileClock implements Clock {
  private lastMs: number;

  constructor(private readonly file: string) {
    const nowMs = this.read();
    if (nowMs === null)
      throw new PermanentError('CLOCK_FILE_INVALID', `CLOCK_FILE ${file} should hold the time as epoch milliseconds`);
    this.lastMs = nowMs;
  }

  /** The last time seen, where the file is being written at this moment. */
  now(): number {
    this.lastMs = this.read() ?? this.lastMs;
    return this.lastMs;
  }

  private read(): number | null {
    try {
      const content = readFileSync(this.file, 'utf8').trim();
      return /^\d{1,16}$/.test(content) ? Number(content) : null;
    } catch (error) {
      if (isNativeError(error) && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }
}

/** The system's clock, or the one that a file drives. */
export const clockOf = (clockFile: string | null): Clock => (clockFile === null ? systemClock : new FileClock(clockFile));
