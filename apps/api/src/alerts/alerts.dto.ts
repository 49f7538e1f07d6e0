import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { shownStatusOf } from '@app/domain';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { byKey, nullOr, orNull, snakeKeys, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { IsPlainText } from '../http/validation.js';
import type { AlertChangeRow, AlertRow } from './alerts.repository.js';
import { TroubleQuery } from './trouble.query.js';

const STATUSES = ['open', 'pending', 'firing', 'acknowledged', 'suppressed', 'flapping', 'resolved'] as const;

export class AlertsQuery extends TroubleQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: '`open` is all but resolved; suppressed and flapping ones are open too.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ description: 'Rule, e.g. circuit-down.', type: String })
  @IsOptional()
  @IsPlainText(100)
  rule?: string;

  @ApiPropertyOptional({ description: 'Id of a circuit (mac:port).', type: String })
  @IsOptional()
  @IsPlainText(400)
  circuit?: string;

  @ApiPropertyOptional({ description: 'Only those that people marked as noise, or only the others.', type: Boolean })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))
  @IsBoolean()
  noise?: boolean;
}

export class AckBody {
  @ApiPropertyOptional({ description: 'For the next person who looks.', example: 'Carrier informed', type: String })
  @IsOptional()
  @IsPlainText(500)
  note?: string;
}

export class ResolveBody {
  @ApiProperty({ description: 'Why it is over, for the history.', example: 'Circuit was taken out of service' })
  @IsPlainText(500)
  reason!: string;
}

export class NoteBody {
  @ApiProperty({ example: 'Carrier ticket 4711, technician on site at 14:00' })
  @IsPlainText(2_000)
  text!: string;
}

export const ALERT_EXAMPLE = {
  id: 17,
  rule: 'circuit-down',
  subject: 'circuit:020000000101:ge-0/0/0',
  site_id: orNull('site-1'),
  site_name: orNull('Alder Street'),
  circuit_id: orNull('020000000101:ge-0/0/0'),
  status: 'firing',
  shown_status: 'firing',
  severity: 'critical',
  since: '2026-03-01T11:58:00Z',
  fired_at: orNull('2026-03-01T11:58:00Z'),
  resolved_at: nullOr('2026-03-01T12:00:00Z'),
  observed_at: '2026-03-01T12:00:00Z',
  suppressed_by: nullOr('text'),
  noise_at: nullOr('2026-03-01T12:00:00Z'),
  noise_by: nullOr('text'),
  details: byKey({}),
};
const CHANGE_EXAMPLE = {
  seq: 1,
  at: '2026-03-01T11:58:00Z',
  from_status: nullOr('text'),
  to_status: 'firing',
  severity: 'critical',
  reason: 'fired-at-once',
  data: byKey({}),
};
export const ALERT_DETAIL_EXAMPLE = {
  ...ALERT_EXAMPLE,
  changes: [CHANGE_EXAMPLE],
  notes: [{ id: 3, at: '2026-03-01T12:10:00Z', author: 'noc', text: 'Carrier ticket 4711' }],
  incidents: [4],
};

/** An alert as the API shows it; `shown_status` also says why nobody is told of it now. */
export const alertJson = ({ state, ...row }: AlertRow) => ({
  ...row,
  shown_status: shownStatusOf(state, row.suppressed_by),
  since: timeOf(row.since),
  fired_at: timeOf(row.fired_at),
  resolved_at: timeOf(row.resolved_at),
  observed_at: timeOf(row.observed_at),
  noise_at: timeOf(row.noise_at),
  details: snakeKeys(row.details),
});
export const changeJson = (row: AlertChangeRow) => ({ ...row, at: timeOf(row.at), data: snakeKeys(row.data) });
/** A note of an alert or of an incident. */
export const noteJson = <R extends { readonly at: Date }>(row: R) => ({ ...row, at: timeOf(row.at) });

const MAX_ID_DIGITS = 15;

/** Our number of something, out of an address; what is none is unknown. */
export function idOf(text: string): number {
  if (!/^\d+$/.test(text) || text.length > MAX_ID_DIGITS) throw problem('not-found');
  return Number(text);
}
