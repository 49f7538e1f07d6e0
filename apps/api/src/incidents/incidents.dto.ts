import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { TroubleQuery } from '../alerts/trouble.query.js';
import { byKey, nullOr, orNull, snakeKeys, timeOf } from '../http/answers.js';
import { IsPlainText } from '../http/validation.js';
import { DELIVERY_EXAMPLE } from './deliveries.dto.js';
import type { DecisionRow, IncidentRow, MemberRow } from './incidents.repository.js';

const STATUSES = ['open', 'acknowledged', 'resolved'] as const;

export class IncidentsQuery extends TroubleQuery {
  @ApiPropertyOptional({ enum: STATUSES, description: '`acknowledged` ones are open too.' })
  @IsOptional()
  @IsIn(STATUSES)
  status?: (typeof STATUSES)[number];
}

export class AckIncidentBody {
  @ApiPropertyOptional({
    description: 'Until when it is taken, RFC 3339; default what the policy says, else until it is over or worse.',
    type: String,
    example: '2026-03-01T16:00:00Z',
  })
  @IsOptional()
  @IsPlainText(40)
  until?: string | null;

  @ApiPropertyOptional({ description: 'For the next person who looks.', type: String, example: 'Carrier informed' })
  @IsOptional()
  @IsPlainText(500)
  note?: string | null;
}

export const INCIDENT_EXAMPLE = {
  id: 4,
  kind: 'incident',
  group_key: 'wan:site:7',
  title: 'Alder Street: circuit main down',
  severity: 'major',
  status: 'open',
  opened_at: '2026-03-01T11:58:00Z',
  resolved_at: nullOr('2026-03-01T12:00:00Z'),
  notified_at: orNull('2026-03-01T11:58:30Z'),
  notified_severity: orNull('major'),
  due_at: orNull('2026-03-01T15:58:30Z'),
  policy: orNull('night'),
  acked_by: nullOr('text'),
  acked_at: nullOr('2026-03-01T12:00:00Z'),
  ack_until: nullOr('2026-03-01T12:00:00Z'),
  is_held: false,
  alerts: 1,
  open_alerts: 1,
};
export const INCIDENT_DETAIL_EXAMPLE = {
  ...INCIDENT_EXAMPLE,
  members: [
    {
      alert_id: 17,
      rule: 'circuit-down',
      site_id: orNull('site-1'),
      site_name: orNull('Alder Street'),
      circuit_id: orNull('020000000101:ge-0/0/0'),
      status: 'firing',
      severity: 'major',
      since: '2026-03-01T11:58:00Z',
      joined_at: '2026-03-01T11:58:00Z',
      told_at: orNull('2026-03-01T11:58:30Z'),
      resolved_at: nullOr('2026-03-01T12:00:00Z'),
      suppressed_by: nullOr('text'),
    },
  ],
  decisions: [{ seq: 1, at: '2026-03-01T11:58:00Z', reason: 'within-group-wait', detail: byKey({}) }],
  deliveries: [DELIVERY_EXAMPLE],
  notes: [{ id: 1, at: '2026-03-01T12:10:00Z', author: 'noc', text: 'Carrier ticket 4711' }],
};

export const incidentJson = (row: IncidentRow) => ({
  ...row,
  status: row.resolved_at !== null ? 'resolved' : row.acked_by === null ? 'open' : 'acknowledged',
  opened_at: timeOf(row.opened_at),
  resolved_at: timeOf(row.resolved_at),
  notified_at: timeOf(row.notified_at),
  due_at: timeOf(row.due_at),
  acked_at: timeOf(row.acked_at),
  ack_until: timeOf(row.ack_until),
});

export const memberJson = (row: MemberRow) => ({
  ...row,
  since: timeOf(row.since),
  joined_at: timeOf(row.joined_at),
  told_at: timeOf(row.told_at),
  resolved_at: timeOf(row.resolved_at),
});
export const decisionJson = (row: DecisionRow) => ({ ...row, at: timeOf(row.at), detail: snakeKeys(row.detail) });
