import { ATTRIBUTE_SOURCES } from '@app/domain';

/** SQL that puts dated attributes of sites and circuits in the order of trust: operators first, then Mist's word. */
export const BY_TRUST = byTrust('source');

/** The same for a table that goes by another name. */
export function byTrust(column: string): string {
  return `array_position(array[${ATTRIBUTE_SOURCES.map((source) => `'${source}'`).join(', ')}], ${column})`;
}
