import type { EpochMs } from '../sample.js';
import { afterChange, BEFORE_ALL, endOf, type MemberThen, type PastMember } from './past-incident.js';

interface Walked {
  readonly past: PastMember;
  /** How it stands. */
  readonly now: MemberThen;
  /** Lines of its history that count by now. */
  readonly next: number;
}

/** Whether an incident has members yet, and how those of them stand that are not over. */
export interface MembersAt {
  /** `gone` = all went over to other incidents. */
  readonly kind: 'none-yet' | 'here' | 'gone';
  readonly open: readonly Walked[];
}

/** The members of an incident through time, asked in ascending order. What is over is left behind: an incident of a month has seen thousands. */
export class MembersWalk {
  private readonly waiting: readonly PastMember[];
  private joined = 0;
  private open: readonly Walked[] = [];
  /** Members that ended here, and did not go over to another incident. */
  private endedHere = 0;
  /** Circuits that came back. */
  readonly recovered: PastMember[] = [];

  constructor(members: readonly PastMember[]) {
    this.waiting = [...members].sort((a, b) => a.joinedAt - b.joinedAt);
  }

  at(at: EpochMs): MembersAt {
    const open: Walked[] = [];
    for (const walked of [...this.open, ...this.newcomers(at)]) {
      const after = walkedTo(walked, at);
      if (at < endOf(after.past)) open.push(after);
      else if (after.past.movedAt === null) this.end(after.past);
    }
    this.open = open;
    if (open.length + this.endedHere > 0) return { kind: 'here', open };
    return { kind: this.joined < this.waiting.length ? 'none-yet' : 'gone', open };
  }

  private newcomers(at: EpochMs): Walked[] {
    const newcomers: Walked[] = [];
    for (let past = this.waiting[this.joined]; past !== undefined && past.joinedAt <= at; past = this.waiting[this.joined]) {
      newcomers.push({ past, now: BEFORE_ALL, next: 0 });
      this.joined += 1;
    }
    return newcomers;
  }

  private end(past: PastMember): void {
    this.endedHere += 1;
    if (past.subject.rule === 'circuit-down') this.recovered.push(past);
  }
}

function walkedTo(walked: Walked, at: EpochMs): Walked {
  const { changes } = walked.past;
  let { now, next } = walked;
  for (let change = changes[next]; change !== undefined && change.at <= at; change = changes[next]) {
    now = afterChange(now, change);
    next += 1;
  }
  return next === walked.next ? walked : { ...walked, now, next };
}
