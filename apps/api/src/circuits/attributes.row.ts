import type { CircuitRole } from '@app/domain';
import type { CircuitAttributes } from '@app/shared';
import { ProblemException, type FieldError } from '../http/problem.js';
import { parseTime } from '../http/times.js';

const ROLES: readonly string[] = ['primary', 'secondary', 'backup'] satisfies CircuitRole[];
const MAX_TEXT = 200;
const MAX_MBPS = 1_000_000;
const CONTROL = /[\p{Cc}\p{Cs}]/u;

type Cells = Readonly<Record<string, unknown>>;

/** Reads the cells of one row and collects what is wrong with them. */
class RowReader {
  readonly errors: FieldError[] = [];

  constructor(private readonly cells: Cells) {}

  text(field: string): string | null {
    const value = this.cells[field] ?? null;
    if (value === null || value === '') return null;
    if (typeof value === 'string' && value.length <= MAX_TEXT && !CONTROL.test(value)) return value;
    return this.fault(field, `${field} must be a text of at most ${String(MAX_TEXT)} characters without control characters`);
  }

  required(field: string): string {
    const value = this.text(field);
    if (value === null && !this.errors.some((error) => error.field === field)) this.fault(field, `${field} is missing`);
    return value ?? '';
  }

  mbps(field: string): number | null {
    const value = this.cells[field] ?? null;
    if (value === null || value === '') return null;
    const number =
      typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
    return number >= 0 && number <= MAX_MBPS
      ? number
      : this.fault(field, `${field} must be a number of Mbps from 0 (unknown) to ${String(MAX_MBPS)}`);
  }

  role(): CircuitRole | null {
    const value = this.text('role');
    if (value === null || ROLES.includes(value)) return value as CircuitRole | null;
    return this.fault('role', `role must be one of ${ROLES.join(', ')}`);
  }

  time(field: string): Date | null {
    const value = this.text(field);
    if (value === null) return null;
    try {
      return new Date(parseTime(field, value));
    } catch (error) {
      if (!(error instanceof ProblemException)) throw error;
      this.errors.push(...(error.details.errors ?? []));
      return null;
    }
  }

  private fault(field: string, message: string): null {
    this.errors.push({ field, message });
    return null;
  }
}

/** One row of a bulk load: the same columns as the `circuits` import. Unknown columns are ignored, empty cells leave a value unchanged. */
export function readAttributes(row: unknown): { attributes: CircuitAttributes } | { errors: readonly FieldError[] } {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return { errors: [{ field: '', message: 'the row must be an object' }] };
  const reader = new RowReader(row as Cells);
  const attributes: CircuitAttributes = {
    mac: reader.required('mac'),
    portId: reader.required('port_id'),
    siteId: reader.text('site_id'),
    since: reader.time('since'),
    name: reader.text('name'),
    role: reader.role(),
    provider: reader.text('provider'),
    type: reader.text('type'),
    bandwidthDownMbps: reader.mbps('bandwidth_down_mbps'),
    bandwidthUpMbps: reader.mbps('bandwidth_up_mbps'),
  };
  return reader.errors.length > 0 ? { errors: reader.errors } : { attributes };
}
