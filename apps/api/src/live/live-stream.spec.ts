import { jest } from '@jest/globals';
import { LiveStream } from './live-stream.js';

/** A stream that failed says why to who listens. */
function watched(): { stream: LiveStream; why: () => string | null } {
  const stream = new LiveStream();
  let why: string | null = null;
  stream.on('error', ({ message }) => (why = message));
  return { stream, why: () => why };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('hands over what it is told, in order, and ends after the last word', async () => {
  const stream = new LiveStream();
  stream.tell('a');
  stream.tell(Buffer.from('b'));
  stream.finish('c');
  stream.tell('too late');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  expect(text).toBe('abc');
});

it('closes when more waits than it may', async () => {
  const { stream, why } = watched();
  stream.tell('x'.repeat(200_000));
  expect(stream.isOver).toBe(false);
  stream.tell('x'.repeat(100_000));
  await settled();
  expect([stream.isOver, why()]).toEqual([true, 'The reader of a live stream is too slow.']);
});

it('closes when its reader takes nothing for some heartbeats, and not while it takes something', async () => {
  const { stream, why } = watched();
  for (let beat = 0; beat < 20; beat += 1) {
    stream.tell('some text');
    if (beat % 3 === 0) stream.read();
    stream.beat();
  }
  expect(stream.isOver).toBe(false);
  stream.tell('more');
  for (let beat = 0; beat < 5; beat += 1) stream.beat();
  await settled();
  expect(why()).toBe('The reader of a live stream stands still.');
  const idle = new LiveStream();
  for (let beat = 0; beat < 20; beat += 1) idle.beat();
  expect(idle.isOver).toBe(false);
});

it('says when it wants more, and does not wait for a reader that is gone', async () => {
  const { stream } = watched();
  await stream.wanted();
  stream.tell('x'.repeat(100_000));
  let isWanted = false;
  const wanted = stream.wanted().then(() => (isWanted = true));
  await settled();
  expect(isWanted).toBe(false);
  stream.read();
  await wanted;
  stream.tell('x'.repeat(100_000));
  const gone = stream.wanted();
  stream.destroy();
  await gone;
});

it('does not wait for ever for a reader that does not take its last word', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  try {
    const stream = new LiveStream();
    stream.finish('the end');
    expect(stream.destroyed).toBe(false);
    jest.advanceTimersByTime(2_000);
    expect(stream.destroyed).toBe(true);
  } finally {
    jest.useRealTimers();
  }
});
