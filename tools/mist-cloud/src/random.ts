/** A 32-bit mix of integers: the same inputs always give the same bits, on every machine. */
export const hash = (...parts: number[]): number => {
  let mixed = 0x9e3779b9;
  for (const part of parts) {
    mixed = Math.imul(mixed ^ (part | 0), 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return mixed >>> 0;
};

/** A number in [0, 1) that depends on the parts alone. */
export const unit = (...parts: number[]): number => hash(...parts) / 2 ** 32;

/** A number in [low, high) that depends on the parts alone. */
export const between = (low: number, high: number, ...parts: number[]): number => low + (high - low) * unit(...parts);

/** One entry of a list that must not be empty. */
export const pick = <T>(list: readonly T[], ...parts: number[]): T => {
  const chosen = list[hash(...parts) % list.length];
  if (chosen === undefined) throw new RangeError('pick() needs a list with at least one entry');
  return chosen;
};

/** The number that stands for a text in `hash`. */
export const numberOf = (text: string): number => {
  let mixed = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193);
  return mixed >>> 0;
};

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0').slice(-digits);

/** A well-formed version 4 UUID that depends on the parts alone. */
export const uuidOf = (...parts: number[]): string => {
  const [a, b, c, d] = [hash(1, ...parts), hash(2, ...parts), hash(3, ...parts), hash(4, ...parts)];
  const variant = hex((c >>> 30) | 8, 1);
  return `${hex(a, 8)}-${hex(b >>> 16, 4)}-4${hex(b, 3)}-${variant}${hex(c >>> 8, 3)}-${hex(c, 4)}${hex(d, 8)}`;
};

/** Twelve lower-case hex digits, unique for (org, kind, index): an odd multiplier permutes the 28 low bits. */
export const macOf = (place: { seed: number; org: number; kind: number; index: number }): string => {
  const serial = (Math.imul(place.index, 0x0a5f1d3b) + hash(place.seed, 77)) & 0x0fffffff;
  return `02${hex(place.org, 2)}${hex(place.kind, 1)}${hex(serial, 7)}`;
};
