import { DateTime } from 'luxon';
import type { EpochMs, Span } from '../sample.js';

/** Who is on call in turn. The turn changes at the same time on the clocks of its zone, also over a change of the clocks. */
export interface Rota {
  readonly id: string;
  readonly timezone: string;
  /** First handover: then the first member's turn begins. */
  readonly from: EpochMs;
  /** Length of a turn in calendar days. */
  readonly turnDays: number;
  readonly members: readonly string[];
}

/** Somebody takes a stretch of time for somebody else; of overlapping ones the later entered counts. */
export interface RotaOverride extends Span {
  readonly member: string;
  readonly enteredAt: EpochMs;
}

export interface Turn extends Span {
  readonly member: string;
  readonly isOverride: boolean;
}

/** Whose turn it is at an instant, and until when; null before the rota begins, or when nobody is on it. */
export const turnAt = (rota: Rota, overrides: readonly RotaOverride[], at: EpochMs): Turn | null => {
  const regular = regularTurn(rota, at);
  const [override] = overrides.filter((each) => each.from <= at && at < each.to).sort((a, b) => b.enteredAt - a.enteredAt);
  const next = overrides.flatMap(({ from, to }) => [from, to]).filter((edge) => edge > at);
  if (override !== undefined) {
    const end = next.filter((edge) => edge < override.to && isTaken(overrides, override, edge));
    return { member: override.member, isOverride: true, from: override.from, to: Math.min(override.to, ...end) };
  }
  return regular === null ? null : { ...regular, to: Math.min(regular.to, ...next) };
};

/** Whether a later entered override takes over at this edge. */
const isTaken = (overrides: readonly RotaOverride[], from: RotaOverride, edge: EpochMs): boolean =>
  overrides.some((other) => other.from === edge && other.enteredAt > from.enteredAt);

const regularTurn = ({ timezone, from, turnDays, members }: Rota, at: EpochMs): Turn | null => {
  if (at < from || members.length === 0) return null;
  const first = DateTime.fromMillis(from, { zone: timezone });
  const begins = (turn: number): EpochMs => first.plus({ days: turn * turnDays }).toMillis();
  // Days differ in length by an hour or so: the estimate is at most one turn off.
  let turn = Math.floor((at - from) / (turnDays * 86_400_000));
  while (begins(turn) > at) turn--;
  while (begins(turn + 1) <= at) turn++;
  const member = members[turn % members.length];
  return member === undefined ? null : { member, isOverride: false, from: begins(turn), to: begins(turn + 1) };
};

/** All turns that overlap `[from, to)`, ascending; time that nobody has is left out. */
export const turnsBetween = (rota: Rota, overrides: readonly RotaOverride[], { from, to }: Span): Turn[] => {
  const turns: Turn[] = [];
  for (let at = Math.max(from, Math.min(rota.from, to)); at < to;) {
    const turn = turnAt(rota, overrides, at);
    if (turn === null) break;
    turns.push({ ...turn, from: Math.max(turn.from, at) });
    at = turn.to;
  }
  return turns;
};
