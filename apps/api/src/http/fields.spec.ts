import { schemaOf } from './answers.js';
import { fieldsOf, picked, shownSchema } from './fields.js';

const SCHEMA = schemaOf({
  items: [{ id: 'a', name: 'b', latency_ms: { avg: 1, max: 2 }, tags: [{ key: 'x', value: 'y' }] }],
  next_cursor: 'c',
});
const ITEM = { id: 'a', name: 'b', latency_ms: { avg: 1, max: 2 }, tags: [{ key: 'x', value: 'y' }] };

it.each([
  ['id', { id: 'a' }],
  ['name,id', { id: 'a', name: 'b' }],
  ['latency_ms.avg', { latency_ms: { avg: 1 } }],
  ['latency_ms.avg,latency_ms', { latency_ms: { avg: 1, max: 2 } }],
  ['tags.value,id', { id: 'a', tags: [{ value: 'y' }] }],
])('shows %s', (text, expected) => {
  expect(picked(ITEM, fieldsOf(text, shownSchema(SCHEMA)))).toEqual(expected);
});

it.each(['nme', 'latency_ms.p95', 'toString', '__proto__', '', 'id,', 'id name', Array(101).fill('id').join(',')])(
  'refuses %j',
  (text) => {
    expect(() => fieldsOf(text, shownSchema(SCHEMA))).toThrow();
  },
);
