import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { nullOr, orNull, timeOf } from '../http/answers.js';
import { PageQuery } from '../http/paging.js';
import { IsPlainText } from '../http/validation.js';
import type { DeliveryRow } from './deliveries.repository.js';

const STATUSES = ['due', 'sent', 'dead', 'digest', 'digested', 'withheld'] as const;

export class DeliveriesQuery extends PageQuery {
  @ApiPropertyOptional({
    enum: STATUSES,
    description:
      '`dead`: given up. `digest`: waits for a digest. `digested`: told by one. `withheld`: no longer to be told when its turn came.',
  })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];

  @ApiPropertyOptional({ description: '`<channel>:<address>`.', type: String })
  @IsOptional()
  @IsPlainText(400)
  destination?: string;
}

export const DELIVERY_EXAMPLE = {
  id: 9,
  incident_id: 4,
  step: 1,
  destination: 'email:noc@example.com',
  channel: 'email',
  reason: 'opened',
  title: 'Alder Street: circuit main down',
  status: 'sent',
  created_at: '2026-03-01T11:58:30Z',
  due_at: '2026-03-01T11:58:30Z',
  sent_at: orNull('2026-03-01T11:58:31Z'),
  message_id: orNull('<incident-1-4.1@example.com>'),
  remote_id: nullOr('text'),
  withheld_reason: nullOr('text'),
  digest_id: nullOr(12),
  attempts: [{ attempt: 1, at: '2026-03-01T11:58:31Z', outcome: 'sent', answer: orNull('250 accepted') }],
};

export const deliveryJson = (row: DeliveryRow) => ({
  ...row,
  created_at: timeOf(row.created_at),
  due_at: timeOf(row.due_at),
  sent_at: timeOf(row.sent_at),
  attempts: row.attempts.map((attempt) => ({ ...attempt, at: timeOf(new Date(attempt.at)) })),
});
