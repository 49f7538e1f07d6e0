import type { CircuitRole } from './circuit.js';

/** WANs of one gateway in the order in which some traffic of it prefers them, by name. */
export type Preference = readonly string[];

/**
 * Roles by name from the order of paths: first is the primary, the others are secondaries. An order of one ranks nothing, one that begins with a
 * cellular WAN says that the traffic is special, and orders with different firsts share the load: then nobody has a role.
 */
export function preferredRoles(preferences: readonly Preference[], cellular: ReadonlySet<string>): Map<string, CircuitRole> {
  const ranking = preferences.filter(([first, ...others]) => first !== undefined && others.length > 0 && !cellular.has(first));
  const firsts = new Set(ranking.map(([first]) => first));
  if (firsts.size !== 1) return new Map();
  return new Map(ranking.flat().map((name) => [name, firsts.has(name) ? 'primary' : 'secondary']));
}
