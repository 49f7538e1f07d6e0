import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { IsPlainText } from './validation.js';
import { invalid } from './problem.js';

const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** Parameters of every list. */
export class PageQuery {
  @ApiPropertyOptional({ description: `Rows of a page, at most ${String(MAX_LIMIT)}.`, default: DEFAULT_LIMIT, type: Number })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit: number = DEFAULT_LIMIT;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before; opaque.', type: String })
  @IsOptional()
  @IsPlainText(500)
  cursor?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** `null` on the last page. */
  readonly next_cursor: string | null;
}

/** The sort key of the last row of the page before, as it stands in the cursor; `null` on the first page. */
export function cursorKey(query: PageQuery, parts: number): (string | number)[] | null {
  if (query.cursor === undefined) return null;
  const key = parsed(query.cursor);
  if (!Array.isArray(key) || key.length !== parts || !key.every(isKeyPart)) {
    throw invalid('cursor', 'cursor must be the next_cursor of the page before');
  }
  return key;
}

const isKeyPart = (part: unknown): part is string | number =>
  (typeof part === 'number' && Number.isSafeInteger(part)) || (typeof part === 'string' && !part.includes('\0'));

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null; // not ours: the caller is told by the check above
  }
}

/** A page out of `limit + 1` rows: the one too many tells that there is more. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  shape: { item: (row: R) => T; key: (row: R) => readonly (string | number)[] },
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    items: shown.map(shape.item),
    next_cursor: hasMore ? Buffer.from(JSON.stringify(shape.key(last))).toString('base64url') : null,
  };
}
