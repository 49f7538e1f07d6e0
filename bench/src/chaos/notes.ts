import { readFileSync } from 'node:fs';
import type { Hits } from './boundary.js';

const NONE: Hits = { passed: 0, before: 0, after: 0 };
const COUNTED: Readonly<Record<string, keyof Hits>> = { passed: 'passed', before: 'before', after: 'after' };

/** What the notifiers noted while they lived. */
export class Notes {
  private read: { readonly bytes: number; readonly lines: readonly (readonly string[])[] } = { bytes: -1, lines: [] };

  constructor(readonly file: string) {}

  boundaries(): Map<string, Hits> {
    const hits = new Map<string, Hits>();
    for (const [, what = '', ...boundary] of this.lines()) {
      const counted = COUNTED[what];
      if (counted === undefined) continue;
      const name = boundary.join(' ');
      const known = hits.get(name) ?? NONE;
      hits.set(name, { ...known, [counted]: known[counted] + 1 });
    }
    return hits;
  }

  /** The process that had a local port at an instant. */
  ownerOf(port: number, at: number): number | null {
    const line = this.lines().findLast(([, what, own, since]) => what === 'port' && Number(own) === port && Number(since) <= at);
    return line === undefined ? null : Number(line[0]);
  }

  private lines(): readonly (readonly string[])[] {
    const text = readFileSync(this.file, 'utf8');
    if (text.length !== this.read.bytes)
      this.read = { bytes: text.length, lines: text.split('\n').map((line) => line.split(' ')) };
    return this.read.lines;
  }
}
