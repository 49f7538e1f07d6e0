/** Which site groups mean "region": named one by one, or by a prefix that is cut off for display. */
export type RegionRule = { readonly groups: readonly string[] } | { readonly prefix: string };

export const UNASSIGNED_REGION = 'Unassigned';

/**
 * A site's region: the site group the configuration names, else the country, else `Unassigned`. A site may be in many groups and their order
 * means nothing, so of several that match the first by name counts.
 */
export function regionOf(groupNames: readonly string[], countryCode: string | null, rule: RegionRule | undefined): string {
  const matching = groupNames.filter((name) => isRegion(name, rule)).sort();
  const group = matching[0];
  if (group !== undefined) return rule !== undefined && 'prefix' in rule ? group.slice(rule.prefix.length).trim() : group;
  return countryCode === null || countryCode === '' ? UNASSIGNED_REGION : countryCode;
}

function isRegion(name: string, rule: RegionRule | undefined): boolean {
  if (rule === undefined) return false;
  if ('groups' in rule) return rule.groups.includes(name);
  return rule.prefix !== '' && name.startsWith(rule.prefix) && name.length > rule.prefix.length;
}
