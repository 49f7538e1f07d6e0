import type { Reader } from './yaml-reader.js';
import { didYouMean } from './did-you-mean.js';

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A non-empty text. */
export const text: Reader<string> = (place) => {
  const scalar = place.scalar();
  const value = scalar?.value;
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  if (typeof value === 'number') return String(value);
  if (!scalar?.isInterpolated) place.fault('should be a text');
  return '';
};

/** A text that no log and no print shows. */
export const secret: Reader<string> = (place) => {
  const value = text(place);
  place.source.secrets.push(value);
  return value;
};

const numberIn =
  ({ min = -Infinity, max = Infinity }: Range, kind: string, isKind: (value: number) => boolean): Reader<number> =>
  (place) => {
    const scalar = place.scalar();
    const value = scalar?.isInterpolated ? Number(scalar.value) : scalar?.value;
    if (typeof value === 'number' && isKind(value) && value >= min && value <= max) return value;
    const range = [min === -Infinity ? '' : ` >= ${min}`, max === Infinity ? '' : ` <= ${max}`].filter(Boolean).join(' and');
    place.fault(`should be ${kind}${range}`);
    return 0;
  };

export const integer = (range: Range = {}): Reader<number> => numberIn(range, 'an integer', Number.isInteger);
export const decimal = (range: Range = {}): Reader<number> => numberIn(range, 'a number', Number.isFinite);

export const flag: Reader<boolean> = (place) => {
  const value = place.scalar()?.value;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  place.fault('should be true or false');
  return false;
};

export function oneOf<const T extends string>(values: readonly [T, ...T[]]): Reader<T> {
  return (place) => {
    const value = place.scalar()?.value;
    const found = values.find((known) => known === value);
    if (found === undefined)
      place.fault(
        `should be one of ${values.join(', ')}${typeof value === 'string' && values.length > 3 ? didYouMean(value, values) : ''}`,
      );
    return found ?? values[0];
  };
}

/** A text that a rule turns into what it means; the rule returns `null` when it cannot. */
export function parsed<T>(parse: (value: string) => T | null, hint: string, read: Reader<string> = text): Reader<T> {
  return (place) => {
    const before = place.source.faults.length;
    const value = read(place);
    const result = place.source.faults.length > before ? null : parse(value);
    if (result === null && place.source.faults.length === before) place.fault(`should be ${hint}`);
    return result as T; // null only where a fault was noted
  };
}
