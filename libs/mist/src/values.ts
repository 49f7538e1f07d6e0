import type { EpochMs } from '@app/domain';
import type { Maybe } from './wire.js';

export const orNull = <T>(value: Maybe<T>): T | null => value ?? null;

/** NUL and lone surrogates are legal in JSON and kept by no database. */
const UNPRINTABLE = /\0|\p{Surrogate}/gu;

/** A text for people with a mark in the place of each character that cannot be kept. */
export const printableText = (value: string): string => value.replace(UNPRINTABLE, '\uFFFD');

/** An empty string says as little as an absent one. */
export const textOrNull = (value: Maybe<string>): string | null =>
  value === undefined || value === null || value.trim() === '' ? null : printableText(value);

/** Epoch seconds, possibly fractional, to whole milliseconds. */
export const toMs = (epochS: number): EpochMs => Math.round(epochS * 1000);

/** `null` also for 0, which Mist writes where nothing happened yet. */
export const toMsOrNull = (epochS: Maybe<number>): EpochMs | null =>
  epochS === undefined || epochS === null || epochS === 0 ? null : toMs(epochS);

/** 12 lower-case hex digits without separators. */
export const plainMac = (mac: string): string => mac.toLowerCase().replace(/[^0-9a-f]/g, '');

const MAC_LENGTH = 12;

/** A device id ends with its MAC. */
export function macOf(mac: Maybe<string>, deviceId: Maybe<string>): string | null {
  if (mac !== undefined && mac !== null) return plainMac(mac);
  const tail = (deviceId ?? '').slice(-MAC_LENGTH);
  return /^[0-9a-f]{12}$/i.test(tail) ? tail.toLowerCase() : null;
}

/** Reads one field of a row that is not checked yet. */
export const fieldOf = (row: object, name: string): unknown => (row as Record<string, unknown>)[name];
