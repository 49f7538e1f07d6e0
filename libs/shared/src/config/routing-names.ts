import { EVERYBODY } from '@app/domain';
import { isMap, isScalar, isSeq } from 'yaml';
import { didYouMean } from './did-you-mean.js';
import type { Place, Reader } from './yaml-reader.js';
import { text } from './yaml-values.js';

const EMAIL = 'email';

/** The ids that stand in a list of another section of the same file. */
function idsOf({ source }: Place, key: string): string[] {
  const list = source.document.get(key);
  if (!isSeq(list)) return [];
  return list.items.flatMap((item) => {
    const id = isMap(item) ? item.get('id') : undefined;
    return typeof id === 'string' || typeof id === 'number' ? [String(id)] : [];
  });
}

function keysOf({ source }: Place, key: string): string[] {
  const map = source.document.get(key);
  return isMap(map) ? map.items.map((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key)) : [];
}

/** Names of the rules that the file itself defines. */
export const customRules = (place: Place): string[] => idsOf(place, 'rules').map((id) => `custom:${id}`);

const channelsOf = (place: Place): string[] => [...(source(place, EMAIL) ? [EMAIL] : []), ...idsOf(place, 'channels')];
const source = (place: Place, key: string): boolean => place.source.document.has(key);

/** One that exists, by its name; otherwise a fault. */
function known(place: Place, value: string, kind: string, names: readonly string[]): void {
  if (!names.includes(value)) place.fault(`there is no ${kind} "${value}"${didYouMean(value, names)}`);
}

function checkDestination(place: Place, value: string): void {
  const [channel = ''] = value.split(':', 1);
  known(place, channel, 'channel', channelsOf(place));
  const address = value.slice(channel.length + 1);
  if (channel === EMAIL && value !== EMAIL && !/^[^\s<>@]+@[^\s<>@]+$/.test(address))
    place.fault('should be email:name@example.com, or email for all of its section');
  else if (value.includes(':') && address === '')
    place.fault(`should have an address after "${channel}:", or be "${channel}" alone`);
}

/** Whom a policy tells: a destination, a whole channel, `person:<name>`, `rota:<id>` or `everybody`. */
export const addressee: Reader<string> = (place) => {
  const before = place.source.faults.length;
  const value = text(place);
  if (place.source.faults.length > before || value === EVERYBODY) return value;
  if (value.startsWith('rota:')) known(place, value.slice('rota:'.length), 'rota', idsOf(place, 'rotas'));
  else if (value.startsWith('person:')) known(place, value.slice('person:'.length), 'person', keysOf(place, 'people'));
  else checkDestination(place, value);
  return value;
};

/** Where a person is reached: no rota and nobody else, or names would go round in circles. */
export const ownAddress: Reader<string> = (place) => {
  const before = place.source.faults.length;
  const value = text(place);
  if (place.source.faults.length === before) checkDestination(place, value);
  return value;
};

/** Somebody in a rota: a name of `people`, or a destination. */
export const member: Reader<string> = (place) => {
  const before = place.source.faults.length;
  const value = text(place);
  if (place.source.faults.length > before) return value;
  if (value.includes(':')) checkDestination(place, value);
  else known(place, value, 'person', keysOf(place, 'people'));
  return value;
};
