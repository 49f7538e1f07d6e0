import type { EpochMs } from '../sample.js';

/** Width of every text report, in terminal columns. */
export const REPORT_COLUMNS = 70;

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const WIDE_RANGES: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
];
const isEmojiAsText = (code: number): boolean => code >= 0x2600 && code <= 0x27bf;

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (ZERO_WIDTH.test(character)) return 0;
  return isEmojiAsText(code) || WIDE_RANGES.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns a text takes in a terminal: wide characters take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** One harmless line: controls, line separators and direction overrides of a foreign name become single spaces; half surrogates `?`. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cs}/gu, '?')
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(/[\p{Mn}\p{Me}]{3,}/gu, '')
    .trim();
}

/** Cuts a text to a number of columns; `~` says that something is missing. */
export function shorten(text: string, columns: number): string {
  const clean = oneLine(text);
  if (displayWidth(clean) <= columns) return clean;
  let kept = '';
  let width = 0;
  for (const character of clean) {
    if (width + columnsOf(character) > columns - 1) break;
    kept += character;
    width += columnsOf(character);
  }
  return `${kept}~`;
}

/** `shorten`, filled with spaces to exactly that many columns. */
export function cell(text: string, columns: number): string {
  const fitted = shorten(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - displayWidth(fitted)));
}

/** Breaks a text at its spaces into lines of at most 70 columns; a word longer than a line is cut into pieces. */
export function wrap(text: string, indent = '', first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of oneLine(text)
    .split(' ')
    .flatMap((each) => pieces(each, REPORT_COLUMNS - indent.length))) {
    const candidate = isEmpty ? line + word : `${line} ${word}`;
    if (!isEmpty && displayWidth(candidate) > REPORT_COLUMNS) {
      lines.push(line);
      line = indent + word;
    } else {
      line = candidate;
    }
    isEmpty = false;
  }
  return [...lines, line.trimEnd()];
}

function pieces(word: string, columns: number): string[] {
  const result: string[] = [];
  let piece = '';
  for (const character of word) {
    if (displayWidth(piece + character) > columns) {
      result.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...result, piece];
}

/** RFC 3339 in UTC, whole seconds. */
export const timeText = (at: EpochMs): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** A duration as people say it: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function ageText(ageMs: number): string {
  const minutes = Math.floor(Math.max(0, ageMs) / 60_000);
  if (minutes < 1) return `${String(Math.floor(Math.max(0, ageMs) / 1000))} s`;
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

/** `n site` or `n sites`. */
export const counted = (count: number, noun: string): string => `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

/** A percentage with one decimal, or `no data`. */
export const percentText = (pct: number | null): string => (pct === null ? 'no data' : `${pct.toFixed(1)}%`);
