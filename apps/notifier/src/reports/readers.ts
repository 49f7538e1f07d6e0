import { recipientsOf, type AddressBook, type EpochMs } from '@app/domain';
import type { Configured } from './configured.js';
import type { MailReaders } from './mails.repository.js';

/**
 * Who may get the mails of each schedule. A mail may be sent a day after it was written: whose turn it was then is not asked again, so of a rota it
 * is everybody who may have a turn.
 */
export function mailReaders(mine: readonly Configured[], book: AddressBook, now: EpochMs): MailReaders[] {
  const people = Object.keys(book.people).map((person) => `person:${person}`);
  const members = book.rotas.flatMap(({ members: names }) => names.filter((name) => name.includes(':')));
  const destinationsOf = (names: readonly string[]): string[] =>
    recipientsOf(book, names, now, () => [])
      .filter(({ channel }) => channel === 'email')
      .map(({ destination }) => destination);
  return mine.map(({ org, schedule }) => {
    const names = schedule.to.flatMap((name) => (name.startsWith('rota:') ? [...people, ...members] : [name]));
    return { org, schedule, destinations: names.length === 0 ? [] : [...new Set(destinationsOf(names))] };
  });
}
