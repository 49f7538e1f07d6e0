import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, JobPublisher, storeCircuitAttributes, type CircuitAttributes, type Clock } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { problem, type FieldError } from '../http/problem.js';
import { readAttributes } from './attributes.row.js';

export interface GivenRow {
  /** How the answer names it. */
  readonly place: number;
  readonly cells: unknown;
}

export interface RowError {
  readonly place: number;
  readonly errors: readonly FieldError[];
}

export interface Load {
  readonly scope: OrgScope;
  readonly caller: Principal;
  readonly rows: readonly GivenRow[];
  /** Store the good rows also when others are bad. */
  readonly isPartial: boolean;
  /** What a row is called: row, line. */
  readonly unit: string;
}

/** Listed in a refusal; the rest is counted. */
const LISTED_ERRORS = 1000;

/** Loads attributes of many circuits: all rows or none, unless the caller wants the good ones stored. */
@Injectable()
export class AttributesService {
  private readonly logger = new Logger(AttributesService.name);

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async load({ scope, caller, rows, isPartial, unit }: Load): Promise<{ stored: number; errors: RowError[] }> {
    const errors: RowError[] = [];
    const good: { place: number; attributes: CircuitAttributes }[] = [];
    for (const { place, cells } of rows) {
      const read = readAttributes(cells);
      if ('errors' in read) errors.push({ place, errors: read.errors });
      else good.push({ place, attributes: read.attributes });
    }
    if (errors.length > 0 && !isPartial) throw refusal(errors, unit);
    const { stored, refused, rederiveDue } = await storeCircuitAttributes(this.database, scope.orgId, {
      rows: good.map(({ attributes }) => attributes),
      at: new Date(this.clock.now()),
      actor: caller.actor,
      isAllOrNothing: !isPartial,
    });
    for (const { row, reason } of refused)
      errors.push({ place: good[row]?.place ?? row, errors: [{ field: 'mac', message: reason }] });
    errors.sort((a, b) => a.place - b.place);
    if (errors.length > 0 && !isPartial) throw refusal(errors, unit);
    if (rederiveDue) await this.wakeAnalyzer(scope.externalId);
    return { stored, errors };
  }

  /** The rows are stored and marked: should the queue be away, the next closing of hours does the work. */
  async wakeAnalyzer(orgId: string): Promise<void> {
    try {
      await this.publisher.publish('rederive-circuits', { orgId }, { isBestEffort: true });
    } catch (error) {
      this.logger.warn({ message: 'Utilization is made anew at the next closing of hours: the queue does not answer', error });
    }
  }
}

function refusal(errors: readonly RowError[], unit: string): Error {
  return problem('invalid-request', {
    detail: `${String(errors.length)} of the rows are wrong, so nothing was stored. With partial=true the others would be.`,
    errors: errors
      .slice(0, LISTED_ERRORS)
      .flatMap(({ place, errors: faults }) =>
        faults.map(({ field, message }) => ({ field: `${unit} ${String(place)}${field === '' ? '' : `, ${field}`}`, message })),
      ),
  });
}
