import { Injectable } from '@nestjs/common';

/** Polls of one org at once in one process; the rest of the workers is for the other orgs. */
const MAX_PER_ORG = 4;

/** Keeps a slow org from taking all workers. */
@Injectable()
export class OrgGate {
  private readonly running = new Map<string, number>();

  /** Returns the way out, or `null` when the org has its share already. */
  enter(orgId: string): (() => void) | null {
    const count = this.running.get(orgId) ?? 0;
    if (count >= MAX_PER_ORG) return null;
    this.running.set(orgId, count + 1);
    return () => {
      const left = (this.running.get(orgId) ?? 1) - 1;
      if (left === 0) this.running.delete(orgId);
      else this.running.set(orgId, left);
    };
  }
}
