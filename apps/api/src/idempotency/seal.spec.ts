import { seal, unseal } from './seal.js';

it('is read with the same secret only, and not when a byte is altered', () => {
  const sealed = seal('{"key":"mw_…"}', 'one');
  expect(sealed.includes('mw_')).toBe(false);
  expect(unseal(sealed, 'one')).toBe('{"key":"mw_…"}');
  expect(() => unseal(sealed, 'two')).toThrow();
  const altered = Buffer.from(sealed);
  altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
  expect(() => unseal(altered, 'one')).toThrow();
});

it('never looks the same twice', () => {
  expect(seal('x', 'one')).not.toEqual(seal('x', 'one'));
});
