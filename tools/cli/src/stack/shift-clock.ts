import type { Clock } from '@app/shared';

/** A clock that is driven by hand until it is set free; from then on it is the system's. */
export class ShiftClock implements Clock {
  private isFree = false;

  constructor(private at: number) {}

  now(): number {
    return this.isFree ? Date.now() : this.at;
  }

  set(at: number): void {
    this.at = at;
  }

  setFree(): void {
    this.isFree = true;
  }
}
