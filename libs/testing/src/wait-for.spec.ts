import { waitFor } from './wait-for.js';

test('waiting gives what the condition gave', async () => {
  let asked = 0;
  await expect(waitFor(() => (++asked === 3 ? 'third' : null))).resolves.toBe('third');
});

test('waiting in vain says for what', async () => {
  const vain = waitFor(() => false, { timeoutMs: 20, describe: 'the second mail' });
  await expect(vain).rejects.toThrow('Waited 20 ms in vain for the second mail.');
});
