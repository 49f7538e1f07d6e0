import { AsciiWriter, asFields, JsonText } from './json-text.js';

const points = [{ start: '2026-03-01T00:00:00Z', value: null }, { value: 0.00001 }];
const text = new JsonText(Buffer.from(JSON.stringify(points)));

describe('text of JSON', () => {
  it.each([[{}], [{ grain: 'hour' }], [{ site: 'a "quoted" one, ünïcode ✓', grain: 'hour' }]])(
    'is written as the object of %j would be',
    (fields) => {
      const object = JsonText.object(fields, ['points', text]);
      expect(object.bytes.toString()).toBe(JSON.stringify({ ...fields, points }));
      expect(asFields(object)).toEqual({ ...fields, points });
    },
  );

  it('is the same inside of something else', () => expect(JSON.stringify({ a: [text] })).toBe(JSON.stringify({ a: [points] })));

  it('leaves other answers as they are', () => expect(asFields(points)).toBe(points));

  it('is written piece by piece, whatever their number and length', () => {
    const pieces = ['[', '"a"', `,"${'b'.repeat(200_000)}"`, ...Array.from({ length: 9_000 }, (_, i) => `,${String(i)}`), ']'];
    const writer = new AsciiWriter();
    for (const piece of pieces) writer.add(piece);
    expect(writer.bytes().toString()).toBe(pieces.join(''));
  });
});
