import { Gate } from './gate.js';

/** Work that ends when it is told to. */
function work(): { readonly begun: () => boolean; readonly end: () => void; readonly run: () => Promise<void> } {
  let begun = false;
  const { promise, resolve } = withResolve();
  const run = (): Promise<void> => {
    begun = true;
    return promise;
  };
  return { begun: () => begun, end: resolve, run };
}

function withResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  it('lets work go side by side, and work that must be alone wait for it and keep the next waiting', async () => {
    const gate = new Gate();
    const [one, two, alone, later] = [work(), work(), work(), work()];
    const all = [gate.beside(one.run), gate.beside(two.run), gate.alone(alone.run), gate.beside(later.run)];
    await turned();
    expect([one, two, alone, later].map(({ begun }) => begun())).toEqual([true, true, false, false]);
    one.end();
    await turned();
    expect(alone.begun()).toBe(false);
    two.end();
    await turned();
    expect([alone.begun(), later.begun()]).toEqual([true, false]);
    alone.end();
    await turned();
    expect(later.begun()).toBe(true);
    later.end();
    await Promise.all(all);
  });

  it('opens again when work fails, alone or beside', async () => {
    const gate = new Gate();
    const fails = (): Promise<never> => Promise.reject(new Error('failed for a try'));
    const outcomes = await Promise.allSettled([gate.beside(fails), gate.alone(fails), gate.alone(() => Promise.resolve(1))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await gate.beside(() => Promise.resolve(2))).toBe(2);
  });
});
