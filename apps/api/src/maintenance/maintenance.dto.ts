import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { nextWindows, type EpochMs } from '@app/domain';
import { MAINTENANCE_SCOPES, type MaintenanceRow, type MaintenanceScope } from '@app/shared';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { nullOr, orNull, timeOf } from '../http/answers.js';
import { PageQuery } from '../http/paging.js';
import { IsPlainText, OptionalTime } from '../http/validation.js';

export class MaintenanceBody {
  @ApiProperty({ example: 'Router upgrade' })
  @IsPlainText()
  name!: string;

  @ApiPropertyOptional({ type: String, example: 'New software on all gateways' })
  @IsOptional()
  @IsPlainText(1000)
  reason?: string | null;

  @ApiPropertyOptional({ description: 'Who answers for it; default the name of the key.', type: String, example: 'network team' })
  @IsOptional()
  @IsPlainText()
  owner?: string | null;

  @ApiProperty({ enum: MAINTENANCE_SCOPES, example: 'site' })
  @IsIn(MAINTENANCE_SCOPES)
  scope!: MaintenanceScope;

  @ApiPropertyOptional({
    description:
      'What it covers: a site id, a circuit id (mac:port), the name of a region or provider; nothing for the whole organization.',
    type: String,
    example: 'site-1',
  })
  @IsOptional()
  @IsPlainText(400)
  subject?: string | null;

  @ApiProperty({ description: 'Start, RFC 3339; may lie in the past.', example: '2026-03-01T22:00:00Z' })
  @IsPlainText(40)
  from!: string;

  @ApiProperty({ description: 'End, RFC 3339, not included.', example: '2026-03-02T02:00:00Z' })
  @IsPlainText(40)
  to!: string;

  @ApiPropertyOptional({
    description: 'Comes again by this rule (RFC 5545, without DTSTART); from and to are the first time. Needs timezone.',
    type: String,
    example: 'FREQ=WEEKLY;BYDAY=SU',
  })
  @IsOptional()
  @IsPlainText(400)
  rrule?: string | null;

  @ApiPropertyOptional({
    description: 'IANA zone on whose clocks it comes again, also over a change of the clocks.',
    type: String,
    example: 'Europe/Berlin',
  })
  @IsOptional()
  @IsPlainText(80)
  timezone?: string | null;
}

export class MaintenanceQuery extends PageQuery {
  @OptionalTime('Only windows that end after this; default 13 months ago.')
  from?: string;

  @OptionalTime('Only windows that begin before this; default a year from now.')
  to?: string;

  @ApiPropertyOptional({ description: 'Cancelled ones too.', type: Boolean, default: false })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  cancelled = false;
}

const PREVIEWED = 5;

/** The next times of a window that comes again, the running one included. */
function nextOf({ rrule, timezone, fromAt, toAt, cancelledAt }: MaintenanceRow, now: EpochMs) {
  if (rrule === null || timezone === null || cancelledAt !== null) return [];
  const from = fromAt.getTime();
  return nextWindows({ rrule, timezone, from, durationMs: toAt.getTime() - from }, now, PREVIEWED).map((window) => ({
    from: timeOf(new Date(window.from)),
    to: timeOf(new Date(window.to)),
  }));
}

export const maintenanceJson = (row: MaintenanceRow, now: EpochMs) => ({
  id: row.id,
  name: row.name,
  reason: row.reason,
  owner: row.owner,
  scope: row.scope,
  subject: row.subject,
  from: timeOf(row.fromAt),
  to: timeOf(row.toAt),
  rrule: row.rrule,
  timezone: row.timezone,
  next: nextOf(row, now),
  created_at: timeOf(row.createdAt),
  created_by: row.createdBy,
  updated_at: timeOf(row.updatedAt),
  cancelled_at: timeOf(row.cancelledAt),
});

export const MAINTENANCE_EXAMPLE = {
  id: 4,
  name: 'Router upgrade',
  reason: orNull('New software on all gateways'),
  owner: 'network team',
  scope: 'site',
  subject: orNull('site-1'),
  from: '2026-03-01T22:00:00Z',
  to: '2026-03-02T02:00:00Z',
  rrule: orNull('FREQ=WEEKLY;BYDAY=SU'),
  timezone: orNull('Europe/Berlin'),
  next: [{ from: '2026-03-01T22:00:00Z', to: '2026-03-02T02:00:00Z' }],
  created_at: '2026-02-20T09:00:00Z',
  created_by: 'key:abc',
  updated_at: '2026-02-20T09:00:00Z',
  cancelled_at: nullOr('2026-03-01T12:00:00Z'),
};
