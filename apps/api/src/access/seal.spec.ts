import { seal, unseal } from './seal.js';

it('is read with the same secret for the same purpose only, and not when a byte is altered', () => {
  const sealed = seal('{"key":"mw_…"}', 'one', 'login');
  expect(sealed.includes('mw_')).toBe(false);
  expect(unseal(sealed, 'one', 'login')).toBe('{"key":"mw_…"}');
  expect(() => unseal(sealed, 'two', 'login')).toThrow();
  expect(() => unseal(sealed, 'one', 'id token')).toThrow();
  expect(() => unseal(sealed.subarray(0, 20), 'one', 'login')).toThrow();
  const altered = Buffer.from(sealed);
  altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
  expect(() => unseal(altered, 'one', 'login')).toThrow();
});

it('never looks the same twice', () => {
  expect(seal('x', 'one', 'login')).not.toEqual(seal('x', 'one', 'login'));
});
