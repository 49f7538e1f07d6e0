import type { AddressBook } from '@app/domain';
import type { ReportSchedule } from '@app/shared';
import { mailReaders } from './readers.js';

const BOOK: AddressBook = {
  people: { anna: ['email:anna@example.com', 'chat:anna'], ben: ['email:ben@example.com'] },
  rotas: [
    { id: 'network', timezone: 'UTC', from: 0, turnDays: 7, members: ['anna', 'email:hall@example.com'] },
    { id: 'other', timezone: 'UTC', from: 0, turnDays: 7, members: ['email:other@example.com'] },
  ],
  everybody: [
    { destination: 'email:noc@example.com', channel: 'email' },
    { destination: 'chat:noc', channel: 'chat' },
  ],
};
const others = [
  { orgId: 1, rota: 'network', member: 'email:guest@example.com' },
  { orgId: 2, rota: 'network', member: 'email:theirs@example.com' },
];

const readersOf = (to: readonly string[]): readonly string[] => {
  const times = { minute: 0, timezone: 'UTC', on: { monthDays: [1] } };
  const schedule: ReportSchedule = { id: 'now', kind: 'summary', formats: ['pdf'], times, to };
  const mine = [{ org: { id: 1, externalId: 'org-1', zone: 'UTC' }, schedule }];
  return mailReaders(mine, { book: BOOK, others, now: 0 })[0]?.destinations ?? [];
};

it.each([
  [[], []],
  [['email:boss@example.com'], ['email:boss@example.com']],
  [['person:anna'], ['email:anna@example.com']],
  [['everybody'], ['email:noc@example.com']],
  [['rota:network'], ['email:anna@example.com', 'email:ben@example.com', 'email:hall@example.com', 'email:guest@example.com']],
])('of %j the mails may go to %j', (to, expected) => {
  expect(readersOf(to)).toEqual(expected);
});
