const CIRCUIT =
  /^(\/v1\/orgs\/[^/?]+\/circuits\/)([^/?]+(?::|%3[aA])[^?]*?)(\/(?:series|windows|outages|availability|attributes|paths|paths\/[^?]+\/series))?(\?.*)?$/;

/** A circuit's id holds slashes (`mac:ge-0/0/0`); people who paste it as it is mean the same as those who encode it. */
export function encodeCircuitIds(url: string): string {
  const match = CIRCUIT.exec(url);
  if (match === null) return url;
  const [, prefix = '', id = '', rest = '', query = ''] = match;
  return `${prefix}${id.replaceAll('/', '%2F')}${rest}${query}`;
}
