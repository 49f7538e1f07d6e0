import {
  recipientsOf as standFor,
  rotaIdOf,
  type AddressBook,
  type EpochMs,
  type Recipient,
  type RotaOverride,
} from '@app/domain';
import { overridesAt, type Queryable } from '@app/shared';

export type { AddressBook, Recipient } from '@app/domain';

/** Whom these names stand for at an instant, with who takes whose turn then. */
export async function recipientsOf(
  db: Queryable,
  book: AddressBook,
  { orgId, names, now }: { readonly orgId: number; readonly names: readonly string[]; readonly now: EpochMs },
): Promise<Recipient[]> {
  const overrides = new Map<string, readonly RotaOverride[]>();
  for (const rotaId of new Set(names.flatMap((name) => rotaIdOf(name) ?? [])))
    overrides.set(rotaId, await overridesAt(db, orgId, rotaId, now));
  return standFor(book, names, now, (rotaId) => overrides.get(rotaId) ?? []);
}
