import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotationOptions {
  readonly maxBytes?: number;
  /** Files kept, the one being written included. */
  readonly keep?: number;
}

/** A log file that never grows without end: `x.log` is written, `x.log.1` is the one before. Lines are written whole. */
export class RotatingFile {
  private fd: number;
  private bytes: number;
  private readonly maxBytes: number;
  private readonly keep: number;

  constructor(
    private readonly path: string,
    { maxBytes = 20_000_000, keep = 5 }: RotationOptions = {},
  ) {
    this.maxBytes = maxBytes;
    this.keep = keep;
    mkdirSync(dirname(path), { recursive: true });
    this.fd = openSync(path, 'a');
    this.bytes = statSync(path).size;
  }

  write(line: string): void {
    const size = Buffer.byteLength(line);
    if (this.bytes > 0 && this.bytes + size > this.maxBytes) this.rotate();
    writeSync(this.fd, line);
    this.bytes += size;
  }

  private rotate(): void {
    closeSync(this.fd);
    rmSync(`${this.path}.${this.keep - 1}`, { force: true });
    for (let age = this.keep - 2; age >= 1; age--) renameIfThere(`${this.path}.${age}`, `${this.path}.${age + 1}`);
    renameIfThere(this.path, `${this.path}.1`);
    this.fd = openSync(this.path, 'a');
    this.bytes = statSync(this.path).size;
  }
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, to);
}
