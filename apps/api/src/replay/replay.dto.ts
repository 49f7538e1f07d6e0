import { ApiProperty } from '@nestjs/swagger';
import { DAY_MS, HOUR_MS, type Span } from '@app/domain';
import { ConfigError } from '@app/shared';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { IsPlainText } from '../http/validation.js';

const LONGEST_MS = 400 * DAY_MS;

/** The time that is replayed. */
export class ReplayPeriod {
  @ApiProperty({ description: 'RFC 3339; the hour it lies in counts.', example: '2026-02-01T00:00:00Z' })
  @IsPlainText(40)
  from!: string;

  @ApiProperty({ description: 'RFC 3339, not included.', example: '2026-03-01T00:00:00Z' })
  @IsPlainText(40)
  to!: string;
}

/** Whole hours. */
export function spanOf(body: ReplayPeriod): Span {
  const [from, to] = [parseTime('from', body.from), parseTime('to', body.to)];
  const span = { from: Math.floor(from / HOUR_MS) * HOUR_MS, to: Math.ceil(to / HOUR_MS) * HOUR_MS };
  if (from >= to) throw invalid('to', 'to must lie after from');
  if (span.to - span.from > LONGEST_MS) throw invalid('to', 'a replay covers 400 days at most');
  return span;
}

/** What a request has of the configuration is checked by what checks the configuration, and every fault is named. */
export function withFaults<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw problem('invalid-request', {
      errors: error.faults.map(({ path, message }) => ({ field: path, message: `${path} ${message}` })),
    });
  }
}
