import { anything, byKey, nullOr, orNull, plain, schemaOf, sometimes } from './answers.js';

const EXAMPLE = {
  id: 4,
  name: orNull('main line'),
  ended_at: nullOr('2026-03-01T12:00:00Z'),
  note: sometimes(orNull('seen')),
  counts: byKey({ critical: 1 }),
  details: byKey({ by: anything('key:abc') }),
  turn: orNull({ member: 'sam' }),
  why: ['state'],
};

it('shows an example as an answer would be', () => {
  expect(plain(EXAMPLE)).toEqual({
    id: 4,
    name: 'main line',
    ended_at: null,
    note: 'seen',
    counts: { critical: 1 },
    details: { by: 'key:abc' },
    turn: { member: 'sam' },
    why: ['state'],
  });
});

it('tells from it what may be null, left out, or under any name', () => {
  expect(schemaOf(EXAMPLE)).toEqual({
    type: 'object',
    properties: {
      id: { type: 'number' },
      name: { type: ['string', 'null'] },
      ended_at: { type: ['string', 'null'] },
      note: { type: ['string', 'null'] },
      counts: { type: 'object', additionalProperties: { type: 'number' } },
      details: { type: 'object', additionalProperties: {} },
      turn: { type: ['object', 'null'], properties: { member: { type: 'string' } }, required: ['member'] },
      why: { type: 'array', items: { type: 'string' } },
    },
    required: ['id', 'name', 'ended_at', 'counts', 'details', 'turn', 'why'],
  });
});
