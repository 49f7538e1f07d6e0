import type { EpochMs } from '@app/domain';

export interface CellFault {
  readonly column: string;
  readonly reason: string;
}

/** A cell this long is no value but a broken file. */
export const MAX_CELL_CHARS = 65_536;
/** Ids are keys of indexes, which hold no more. */
const MAX_ID_CHARS = 500;
const INT32_MAX = 2_147_483_647;
const FIRST_INSTANT = Date.UTC(2015, 0, 1);
const END_OF_TIME = Date.UTC(2101, 0, 1);

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** What a JSON escape can write and UTF-8 cannot, so that it would come back from the database as something else. */
const HALF_A_CHARACTER = /\p{Surrogate}/u;

export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
}

/** An instant from RFC 3339 with offset; null when it is none, NaN when it is no instant of a calendar. */
export function instantOf(text: string): EpochMs | null {
  const utc = wholeSecondOf(text);
  if (utc !== null) return utc;
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const local = calendarInstant(year, month, day, (hour * 60 + minute) * 60 + second);
  const isTime = hour < 24 && minute < 60 && second < 60;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (!isTime || offsetHours > 23 || offsetMinutes > 59) return Number.NaN;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1);
  return local - offsetMs + Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
}

/** NaN for a day the calendar does not have. */
function calendarInstant(year: number, month: number, day: number, secondOfDay: number): number {
  const start = Date.UTC(year, month - 1, day);
  return month >= 1 && month <= 12 && new Date(start).getUTCDate() === day ? start + secondOfDay * 1000 : Number.NaN;
}

const ZERO = 48;
const MARKS: readonly (readonly [position: number, mark: string])[] = [
  [4, '-'],
  [7, '-'],
  [10, 'T'],
  [13, ':'],
  [16, ':'],
];
const HAS_MILLISECONDS = '.000Z'.length;

/** `2026-01-26T10:00:00Z` and `2026-01-26T10:00:00.000Z`, as nearly all times of hours are written; null for all else, right or wrong. */
function wholeSecondOf(text: string): EpochMs | null {
  const isPlain = text.length === 20 ? text.endsWith('Z') : text.length === 19 + HAS_MILLISECONDS && text.endsWith('.000Z');
  if (!isPlain || MARKS.some(([position, mark]) => text[position] !== mark)) return null;
  const pair = (at: number): number => {
    const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO];
    return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
  };
  const [hour, minute, second] = [pair(11), pair(14), pair(17)];
  if (!(hour < 24 && minute < 60 && second < 60)) return null;
  const at = calendarInstant(pair(0) * 100 + pair(2), pair(5), pair(8), (hour * 60 + minute) * 60 + second);
  return Number.isNaN(at) ? null : at;
}

const NINE = 57;
const DOT = 46;
/** Of `0x10`, `0b1` and `0o7`. */
const FIRST_LETTER = 65;

/** The value of a text that begins like a decimal number and reads as one; NaN for all else, right or wrong. Much cheaper than a regular expression. */
function plainNumber(text: string): number {
  const first = text.charCodeAt(0);
  const isDigit = first >= ZERO && first <= NINE;
  if (!isDigit && first !== DOT) return Number.NaN;
  if (text.length > MAX_ID_CHARS || (first === ZERO && text.charCodeAt(1) >= FIRST_LETTER)) return Number.NaN;
  return Number(text);
}

const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);

/**
 * The cells of one row, from CSV text or JSON values. What is wrong is collected in `faults`; the value returned for a faulty cell is a stand-in,
 * so a row counts only while `faults` is empty.
 */
export class Cells {
  readonly faults: CellFault[] = [];

  constructor(private readonly row: Readonly<Record<string, unknown>>) {}

  fault(column: string, reason: string): void {
    this.faults.push({ column, reason });
  }

  /** Trimmed text; null when empty or missing. */
  text(column: string): string | null {
    const value = this.row[column];
    if (value === undefined || value === null) return null;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      this.fault(column, 'should be a text or a number, not a list or an object');
      return null;
    }
    const text = String(value).trim();
    if (text.length > MAX_CELL_CHARS) this.fault(column, `is longer than ${String(MAX_CELL_CHARS / 1024)} KB`);
    else if (text.includes('\0')) this.fault(column, 'contains a NUL character');
    else if (HALF_A_CHARACTER.test(text)) this.fault(column, 'contains half a character (a surrogate without its other half)');
    else return text === '' ? null : text;
    return null;
  }

  /** A name by which things are found again; never empty. */
  id(column: string): string {
    const text = this.given(column);
    if (text.length > MAX_ID_CHARS) this.fault(column, `is longer than ${String(MAX_ID_CHARS)} characters`);
    return text;
  }

  number(column: string, { min = -Infinity, max = Infinity }: NumberRange = {}): number | null {
    const raw = this.row[column];
    if (raw === '') return null;
    const plain = typeof raw === 'string' ? plainNumber(raw) : Number.NaN;
    if (Number.isFinite(plain) && plain >= min && plain <= max) return plain;
    const text = this.text(column);
    if (text === null) return null;
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) this.fault(column, `${shown(text)} is not a number`);
    else if (value < min) this.fault(column, `${shown(text)} is less than ${String(min)}`);
    else if (value > max) this.fault(column, `${shown(text)} is more than ${String(max)}`);
    else return value;
    return null;
  }

  integer(column: string, { min = 0, max = INT32_MAX }: NumberRange = {}): number | null {
    const value = this.number(column, { min, max });
    if (value === null || Number.isInteger(value)) return value;
    this.fault(column, `${String(value)} is not a whole number`);
    return null;
  }

  /** A count that may pass 2^31, such as bytes; beyond 2^53 it could not be kept exactly. */
  bigCount(column: string): number | null {
    return this.integer(column, { min: 0, max: Number.MAX_SAFE_INTEGER });
  }

  flag(column: string): boolean | null {
    const text = this.text(column)?.toLowerCase();
    if (text === undefined) return null;
    if (text !== 'true' && text !== 'false') this.fault(column, `${shown(text)} is neither true nor false`);
    return text === 'true';
  }

  oneOf<V extends string>(column: string, values: readonly V[]): V | null {
    const text = this.text(column);
    if (text === null) return null;
    const found = values.find((value) => value === text.toLowerCase());
    if (found === undefined) this.fault(column, `${shown(text)} is not one of ${values.join(', ')}`);
    return found ?? null;
  }

  time(column: string): EpochMs | null {
    const text = this.text(column);
    if (text === null) return null;
    const at = instantOf(text);
    if (at === null) this.fault(column, `${shown(text)} is not a time with offset (RFC 3339) such as 2026-01-26T10:00:00Z`);
    else if (Number.isNaN(at)) this.fault(column, `${shown(text)} is no date and time of the calendar`);
    else if (at < FIRST_INSTANT || at >= END_OF_TIME) this.fault(column, `${shown(text)} is outside the years 2015 to 2100`);
    else return at;
    return null;
  }

  requiredTime(column: string): EpochMs {
    const before = this.faults.length;
    const at = this.time(column);
    if (at === null && this.faults.length === before) this.fault(column, 'is empty');
    return at ?? 0;
  }

  /** Text that must be there. */
  given(column: string): string {
    const before = this.faults.length;
    const text = this.text(column);
    if (text === null && this.faults.length === before) this.fault(column, 'is empty');
    return text ?? '';
  }
}

/** One sentence about a faulty row: the first fault, then the others with their columns. */
export function describeFaults(faults: readonly CellFault[]): string {
  return faults.map(({ column, reason }, index) => (index === 0 ? reason : `${column} ${reason}`)).join('; ');
}
