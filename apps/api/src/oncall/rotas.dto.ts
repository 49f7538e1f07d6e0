import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Rota, Turn } from '@app/domain';
import type { OverrideRow } from '@app/shared';
import { IsOptional } from 'class-validator';
import { nullOr, orNull, timeOf } from '../http/answers.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

export class RotaQuery {
  @OptionalTime('RFC 3339; default now.')
  from?: string;

  @OptionalTime('RFC 3339; default 28 days after `from`, a year after it at most.')
  to?: string;
}

export class OverrideBody {
  @ApiProperty({
    description: 'Who stands in: a name of `people` in the configuration, or <channel>:<address>.',
    example: 'robin',
  })
  @IsPlainText(400)
  member!: string;

  @ApiProperty({ description: 'RFC 3339.', example: '2026-03-07T08:00:00Z' })
  @IsPlainText(40)
  from!: string;

  @ApiProperty({ description: 'RFC 3339, not included.', example: '2026-03-08T08:00:00Z' })
  @IsPlainText(40)
  to!: string;

  @ApiPropertyOptional({ type: String, example: 'Holiday' })
  @IsOptional()
  @IsPlainText(500)
  reason?: string | null;
}

const TURN_EXAMPLE = { member: 'sam', from: '2026-02-23T08:00:00Z', to: '2026-03-02T08:00:00Z', is_override: false };
export const OVERRIDE_EXAMPLE = {
  id: 2,
  rota: 'night',
  member: 'robin',
  from: '2026-03-07T08:00:00Z',
  to: '2026-03-08T08:00:00Z',
  reason: orNull('Holiday'),
  entered_at: '2026-03-01T12:00:00Z',
  entered_by: 'key:abc',
  cancelled_at: nullOr('2026-03-01T12:00:00Z'),
};
export const ROTA_EXAMPLE = {
  id: 'night',
  timezone: 'Europe/Berlin',
  turn_days: 7,
  members: ['sam', 'robin'],
  now: orNull(TURN_EXAMPLE),
  next: orNull({ ...TURN_EXAMPLE, member: 'robin', from: '2026-03-02T08:00:00Z', to: '2026-03-09T08:00:00Z' }),
};
export const ROTA_DETAIL_EXAMPLE = { ...ROTA_EXAMPLE, turns: [TURN_EXAMPLE], overrides: [OVERRIDE_EXAMPLE] };

export const turnJson = (turn: Turn | null) =>
  turn === null ? null : { member: turn.member, from: timeOf(turn.from), to: timeOf(turn.to), is_override: turn.isOverride };

export const overrideJson = (row: OverrideRow) => ({
  id: row.id,
  rota: row.rota,
  member: row.member,
  from: timeOf(row.fromAt),
  to: timeOf(row.toAt),
  reason: row.reason,
  entered_at: timeOf(row.enteredAt),
  entered_by: row.enteredBy,
  cancelled_at: timeOf(row.cancelledAt),
});

export const rotaJson = ({ id, timezone, turnDays, members }: Rota, now: Turn | null, next: Turn | null) => ({
  id,
  timezone,
  turn_days: turnDays,
  members,
  now: turnJson(now),
  next: turnJson(next),
});
