const CIRCUIT =
  /^(\/v1\/orgs\/[^/?]+\/circuits\/)([^/?]+(?::|%3[aA])[^?]*?)(\/(?:series|windows|outages|failovers|availability|attributes|trends|explain|paths|paths\/[^?]+\/series))?(\?.*)?$/;

const PEER = /^(\/v1\/orgs\/[^/?]+\/circuits\/[^/?]+\/paths\/)([^?]+)(\/series(?:\?.*)?)$/;

function encodePeers(url: string): string {
  const match = PEER.exec(url);
  if (match === null) return url;
  const [, prefix = '', id = '', rest = ''] = match;
  return `${prefix}${id.replaceAll('/', '%2F')}${rest}`;
}

/** Ids of circuits and of their peer paths hold slashes (`mac:ge-0/0/0`); people who paste one as it is mean the same as those who encode it. */
export const encodeCircuitIds = (url: string): string => encodePeers(encodeCircuits(url));

function encodeCircuits(url: string): string {
  const match = CIRCUIT.exec(url);
  if (match === null) return url;
  const [, prefix = '', id = '', rest = '', query = ''] = match;
  return `${prefix}${id.replaceAll('/', '%2F')}${rest}${query}`;
}
