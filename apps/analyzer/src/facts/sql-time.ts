import type { EpochMs } from '@app/domain';

/** SQL that turns a float8 of epoch milliseconds into an instant. */
export const instant = (expression: string): string => `to_timestamp((${expression}) / 1000.0)`;

/** SQL that reads an instant as epoch milliseconds (float8, to be rounded by `msOf`). */
export const epochMs = (expression: string): string => `date_part('epoch', ${expression}) * 1000`;

export const msOf = (value: number): EpochMs => Math.round(value);
export const msOrNull = (value: number | null): EpochMs | null => (value === null ? null : Math.round(value));
