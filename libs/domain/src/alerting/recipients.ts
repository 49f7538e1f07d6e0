import type { EpochMs } from '../sample.js';
import { EVERYBODY, rotaIdOf } from './policy.js';
import { turnAt, type Rota, type RotaOverride } from './rota.js';

/** Where a notice goes. */
export interface Recipient {
  readonly destination: string;
  readonly channel: string;
  /** The rota that named it: a late attempt asks again who is on call. */
  readonly rota: string | null;
}

/** What names can stand for. */
export interface AddressBook {
  readonly people: Readonly<Record<string, readonly string[]>>;
  readonly rotas: readonly Rota[];
  readonly everybody: readonly { readonly destination: string; readonly channel: string }[];
}

/** Overrides of a rota that matter at the instant that is asked about. */
export type OverridesOf = (rotaId: string) => readonly RotaOverride[];

const PERSON_PREFIX = 'person:';
const channelOf = (destination: string): string => destination.split(':', 1)[0] ?? destination;

/**
 * Whom these names stand for at an instant, each destination once. Names that stand for nobody are never a reason to tell nobody: then it is everybody.
 */
export function recipientsOf(book: AddressBook, names: readonly string[], now: EpochMs, overridesOf: OverridesOf): Recipient[] {
  const found = new Map<string, Recipient>();
  for (const name of names) {
    const rotaId = rotaIdOf(name);
    const recipients = rotaId === null ? addressesOf(book, name, null) : onCall(book, rotaId, now, overridesOf(rotaId));
    for (const recipient of recipients) if (!found.has(recipient.destination)) found.set(recipient.destination, recipient);
  }
  return found.size > 0 ? [...found.values()] : addressesOf(book, EVERYBODY, null);
}

/** Who has the turn now; an override to somebody unknown counts as none. */
function onCall(book: AddressBook, rotaId: string, now: EpochMs, overrides: readonly RotaOverride[]): Recipient[] {
  const rota = book.rotas.find(({ id }) => id === rotaId);
  if (rota === undefined) return [];
  const turn = turnOf(book, rota, turnAt(rota, overrides, now)?.member ?? null);
  return turn.length > 0 ? turn : turnOf(book, rota, turnAt(rota, [], now)?.member ?? null);
}

const turnOf = (book: AddressBook, { id }: Rota, member: string | null): Recipient[] =>
  member === null ? [] : addressesOf(book, member.includes(':') ? member : `${PERSON_PREFIX}${member}`, id);

function addressesOf(book: AddressBook, name: string, rota: string | null): Recipient[] {
  if (name.startsWith(PERSON_PREFIX))
    return (own(book.people, name.slice(PERSON_PREFIX.length)) ?? []).flatMap((address) => addressesOf(book, address, rota));
  if (name.includes(':')) return [{ destination: name, channel: channelOf(name), rota }];
  return book.everybody.filter(({ channel }) => name === EVERYBODY || channel === name).map((to) => ({ ...to, rota }));
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
