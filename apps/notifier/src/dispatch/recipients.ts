import { EVERYBODY, rotaIdOf, turnAt, type EpochMs, type Rota } from '@app/domain';
import { overridesAt, type Queryable, type RoutingSettings } from '@app/shared';

/** Where a notice goes. */
export interface Recipient {
  readonly destination: string;
  readonly channel: string;
  /** The rota that named it: a late attempt asks again who is on call. */
  readonly rota: string | null;
}

/** What names can stand for. */
export interface AddressBook extends Pick<RoutingSettings, 'people' | 'rotas'> {
  readonly everybody: readonly { readonly destination: string; readonly channel: string }[];
}

const PERSON_PREFIX = 'person:';
const channelOf = (destination: string): string => destination.split(':', 1)[0] ?? destination;

/**
 * Whom these names stand for at an instant, each destination once. Names that stand for nobody are never a reason to tell nobody: then it is everybody.
 */
export async function recipientsOf(
  db: Queryable,
  book: AddressBook,
  { orgId, names, now }: { readonly orgId: number; readonly names: readonly string[]; readonly now: EpochMs },
): Promise<Recipient[]> {
  const found = new Map<string, Recipient>();
  for (const name of names) {
    const rotaId = rotaIdOf(name);
    const recipients = rotaId === null ? addressesOf(book, name, null) : await onCall(db, book, { orgId, rotaId, now });
    for (const recipient of recipients) if (!found.has(recipient.destination)) found.set(recipient.destination, recipient);
  }
  return found.size > 0 ? [...found.values()] : addressesOf(book, EVERYBODY, null);
}

/** Who has the turn now; an override to somebody unknown counts as none. */
async function onCall(
  db: Queryable,
  book: AddressBook,
  { orgId, rotaId, now }: { readonly orgId: number; readonly rotaId: string; readonly now: EpochMs },
): Promise<Recipient[]> {
  const rota = book.rotas.find(({ id }) => id === rotaId);
  if (rota === undefined) return [];
  const overrides = await overridesAt(db, orgId, rotaId, now);
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
