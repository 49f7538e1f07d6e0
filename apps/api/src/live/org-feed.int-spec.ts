import { addLiveEvents, Database, liveHead, type LivePlace } from '@app/shared';
import { createTestDatabase, seedOrg, waitFor, type TestDatabase } from '@app/testing';
import { ALL_EVENTS } from './event-text.js';
import { LiveStream } from './live-stream.js';
import { LiveSubscription } from './live-subscription.js';
import { OrgFeed } from './org-feed.js';

const NOW = Date.UTC(2026, 2, 1, 12, 10);

let test: TestDatabase;
let db: Database;
beforeAll(async () => {
  test = await createTestDatabase();
  db = new Database({ url: test.url });
});
afterAll(async () => {
  await db.close();
  await test.drop();
});

/** A feed of an org whose newest events are a to e, and the place of each. */
async function fedOrg(orgId: string) {
  const org = (await seedOrg(db, { orgId, name: 'Example Retail', now: NOW, sites: [] })).orgId;
  const add = async (...names: string[]): Promise<LivePlace[]> => {
    const places = [];
    for (const name of names) {
      await addLiveEvents(db, org, [{ type: 'circuit.state', at: new Date(NOW), site: null, facts: { name } }]);
      places.push(await liveHead(db, org));
    }
    return places;
  };
  const [, b, c] = await add('a', 'b', 'c', 'd', 'e');
  if (b === undefined || c === undefined) throw new Error('The events have no place.');
  const feed = new OrgFeed(db, org);
  await feed.advance();
  /** As after a restore: what came after b never was, and others are at its places. */
  const putBack = async (...names: string[]): Promise<void> => {
    await db.query('delete from live_event where org_id = $1 and position > $2', [org, b.position]);
    await db.query('update live_head set position = $2, mark = $3 where org_id = $1', [org, b.position, b.mark]);
    await add(...names);
  };
  return { feed, c, putBack, add };
}

async function subscribe(feed: OrgFeed, from: LivePlace) {
  const stream = new LiveStream();
  const seen = { text: '', isOver: false };
  stream.on('data', (text: Buffer) => (seen.text += String(text)));
  stream.on('close', () => (seen.isOver = true));
  await new LiveSubscription(db, stream, { feed, filter: ALL_EVENTS, from }).catchUp();
  return {
    stream,
    ends: () => waitFor(() => seen.isOver, { describe: () => `the end of ${seen.text}` }),
    told: () =>
      [...seen.text.matchAll(/"name":"(\w+)"|event: (ready|reset)|: (what follows is not known)/g)].map((found) =>
        found.slice(1).join(''),
      ),
  };
}

const LOST = 'what follows is not known';

it.each([
  ['as far', ['x', 'y', 'z']],
  ['further', ['u', 'v', 'w', 'x', 'y', 'z']],
  ['less far', ['x']],
])('ends an open stream when the database is another one that is %s', async (how, names) => {
  const { feed, c, putBack } = await fedOrg(`org-open-${how}`);
  const { told, ends } = await subscribe(feed, c);
  expect(told()).toEqual(['d', 'e', 'ready']);
  await putBack(...names);
  await feed.advance();
  await ends();
  expect(told()).toEqual(['d', 'e', 'ready', LOST]);
});

it.each([
  ['as far', ['x', 'y', 'z']],
  ['further', ['u', 'v', 'w', 'x', 'y', 'z']],
  ['less far', ['x']],
])('tells nothing of a database that is another one and %s to who still catches up', async (how, names) => {
  const { feed, c, putBack } = await fedOrg(`org-behind-${how}`);
  await putBack(...names);
  const { told, ends } = await subscribe(feed, c);
  await ends();
  expect(told()).toEqual([LOST]);
});

it('lets who read further than the feed begin where both stand', async () => {
  const { feed, add } = await fedOrg('org-further');
  const [, g] = await add('f', 'g');
  if (g === undefined) throw new Error('The event has no place.');
  const { stream, told } = await subscribe(feed, g);
  await add('h');
  await feed.advance();
  await waitFor(() => told().length === 2);
  expect(told()).toEqual(['ready', 'h']);
  stream.destroy();
});

it('lets others have their turn between those who hear an event', async () => {
  const { feed, add } = await fedOrg('org-many');
  let turn = 0;
  let timer = setImmediate(function next() {
    turn += 1;
    timer = setImmediate(next);
  });
  const turns: number[] = [];
  for (let i = 0; i < 60; i++) feed.listeners.add({ hear: () => void turns.push(turn), lose: () => undefined });
  await add('f');
  await feed.advance();
  clearImmediate(timer);
  expect([turns.length, new Set(turns).size]).toEqual([60, 3]);
});
