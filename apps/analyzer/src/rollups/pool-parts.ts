import { QUALITY_METRICS, Sketch, streakOfMask, type EpochMs, type Streak } from '@app/domain';
import { THRESHOLD_PLACES } from '@app/shared';

/** One group in one period. */
export interface Group {
  readonly level: string;
  readonly key: string;
  readonly start: EpochMs;
}

export const groupKey = ({ level, key, start }: Group): string => `${start} ${level} ${key}`;

export const SKETCHED = ['util', ...QUALITY_METRICS] as const;
export type Sketched = (typeof SKETCHED)[number];

/** What of a group is not made by adding columns up. */
export class PoolParts {
  readonly sketches: Readonly<Record<Sketched, Sketch>> = {
    util: new Sketch(),
    latency: new Sketch(),
    jitter: new Sketch(),
    loss: new Sketch(),
  };
  readonly longest = THRESHOLD_PLACES.map(() => 0);
  readonly total = THRESHOLD_PLACES.map(() => 0);
  readonly circuits = new Set<number>();
  private counted = 0;

  /** Circuits known by number only, beside those known by name. */
  addCounted(circuits: number): void {
    this.counted += circuits;
  }

  get circuitCount(): number {
    return this.circuits.size + this.counted;
  }

  addStreaks(streaks: readonly Streak[]): void {
    streaks.forEach((streak, i) => this.addStreak(i, streak));
  }

  /** Of a stored row, without making its streaks: most thresholds are never reached. */
  addStored(above: readonly number[], hours: number): void {
    const isDay = above.length === this.total.length;
    for (let i = 0; i < this.total.length; i++) {
      if (!isDay) this.addAbove(i, above[4 * i + 2] ?? 0, above[4 * i + 3] ?? 0);
      else if (above[i] !== 0) this.addStreak(i, streakOfMask(above[i] ?? 0, hours));
    }
  }

  private addStreak(place: number, { longest, total }: Streak): void {
    this.addAbove(place, longest, total);
  }

  addAbove(place: number, longest: number, total: number): void {
    this.longest[place] = Math.max(this.longest[place] ?? 0, longest);
    this.total[place] = (this.total[place] ?? 0) + total;
  }

  addSketch(of: Sketched, hex: string | null): void {
    if (hex !== null) this.sketches[of].addEncoded(Buffer.from(hex, 'hex'));
  }

  add(other: PoolParts): void {
    for (const of of SKETCHED) this.sketches[of].addEncoded(other.sketches[of].encode());
    other.longest.forEach((longest, i) => this.addAbove(i, longest, other.total[i] ?? 0));
    for (const id of other.circuits) this.circuits.add(id);
  }

  /** As stored: 12 times longest and total. */
  get above(): string {
    return `{${this.longest.map((longest, i) => `${longest},${this.total[i] ?? 0}`).join(',')}}`;
  }
}

/** Parts by group; made when first asked for. */
export class PoolPartsByGroup {
  readonly groups = new Map<string, { readonly group: Group; readonly parts: PoolParts }>();

  of(group: Group): PoolParts {
    const key = groupKey(group);
    const known = this.groups.get(key);
    if (known !== undefined) return known.parts;
    const parts = new PoolParts();
    this.groups.set(key, { group, parts });
    return parts;
  }
}
