import { takenBy } from './taken.js';

const state = (assignee: string | null, isClosed = false) => ({ assignee, isClosed });

describe('a ticket', () => {
  it.each([
    ['never read, nobody has it', null, state(null), null],
    ['never read, somebody has it by default', null, state('Default'), null],
    ['never read, already closed', null, state('Jane', true), { by: 'Jane', how: 'closed' }],
    ['unchanged', state('Default'), state('Default'), null],
    ['given to somebody', state(null), state('Jane'), { by: 'Jane', how: 'assigned' }],
    ['given to somebody else', state('Default'), state('Jane'), { by: 'Jane', how: 'assigned' }],
    ['given back', state('Jane'), state(null), null],
    ['closed by nobody in particular', state(null), state(null, true), { by: null, how: 'closed' }],
    ['still closed', state('Jane', true), state('Jane', true), null],
    ['opened again', state('Jane', true), state('Jane'), null],
  ] as const)('that is %s', (_, before, now, expected) => {
    expect(takenBy(before, now)).toEqual(expected);
  });
});
