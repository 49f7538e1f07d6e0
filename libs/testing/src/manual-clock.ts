import type { Clock } from '@app/shared';

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  private nowMs: number;

  constructor(start: Date | number | string) {
    this.nowMs = new Date(start).getTime();
  }

  now(): number {
    return this.nowMs;
  }

  set(at: Date | number | string): void {
    this.nowMs = new Date(at).getTime();
  }

  advance(byMs: number): void {
    this.nowMs += byMs;
  }
}
