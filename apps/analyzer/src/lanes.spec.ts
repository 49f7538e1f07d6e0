import { inLanes } from './lanes.js';

it('works on a few at a time, and fails when none runs any more', async () => {
  let running = 0;
  let most = 0;
  const ended: number[] = [];
  const work = async (item: number): Promise<number> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    ended.push(item);
    if (item === 3) throw new Error('three');
    return item * 2;
  };
  expect(await inLanes([1, 2, 4, 5], 2, work)).toEqual([2, 4, 8, 10]);
  expect(most).toBe(2);
  ended.length = 0;
  await expect(inLanes([1, 2, 3, 4, 5, 6, 7], 2, work)).rejects.toThrow('three');
  expect(running).toBe(0);
  expect(ended).toEqual([1, 2, 3, 4]);
});
