import { DAY_MS, recipientsOf, type AddressBook, type EpochMs } from '@app/domain';
import type { Queryable } from '@app/shared';
import type { Configured } from './configured.js';
import type { MailReaders } from './mails.repository.js';

/** An address, no name of the configuration, that takes a turn of a rota. */
export interface StandIn {
  readonly orgId: number;
  readonly rota: string;
  readonly member: string;
}

/** A mail may be sent a day after its turn. */
const SINCE_MS = 2 * DAY_MS;

/** Addresses whose turns are not long over. */
export const standIns = (db: Queryable, now: EpochMs): Promise<StandIn[]> =>
  db.query(
    `select distinct org_id as "orgId", rota, member from rota_override where member like 'email:%' and to_at > $1 order by 1, 2, 3`,
    [new Date(now - SINCE_MS)],
  );

/**
 * Who may get the mails of each schedule. A mail may be sent a day after it was written: whose turn it was then is not asked again, so of a rota it
 * is everybody who may have a turn.
 */
export function mailReaders(
  mine: readonly Configured[],
  { book, others, now }: { readonly book: AddressBook; readonly others: readonly StandIn[]; readonly now: EpochMs },
): MailReaders[] {
  const people = Object.keys(book.people).map((person) => `person:${person}`);
  const turnsOf = (orgId: number, rota: string): string[] => [
    ...people,
    ...(book.rotas.find(({ id }) => id === rota)?.members ?? []).filter((member) => member.includes(':')),
    ...others.filter((other) => other.orgId === orgId && other.rota === rota).map(({ member }) => member),
  ];
  return mine.map(({ org, schedule }) => {
    const names = schedule.to.flatMap((name) => (name.startsWith(ROTA) ? turnsOf(org.id, name.slice(ROTA.length)) : [name]));
    // Names that stand for nobody would stand for everybody.
    const found = names.length === 0 ? [] : recipientsOf(book, names, now, () => []);
    const destinations = found.filter(({ channel }) => channel === 'email').map(({ destination }) => destination);
    return { org, schedule, destinations };
  });
}

const ROTA = 'rota:';
