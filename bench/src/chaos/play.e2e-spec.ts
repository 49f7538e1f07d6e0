import { Database, type QueueConnection } from '@app/shared';
import { createTestDatabase, testRedisUrl, waitFor, type TestDatabase } from '@app/testing';
import { emptyQueue, inherited, variablesOf } from './place.js';
import { playChaos, type ChaosResult } from './play.js';

let test: TestDatabase;
beforeEach(async () => {
  test = await createTestDatabase();
}, 60_000);
afterEach(() => test.drop(), 30_000);

const LONGEST_MS = 110_000;

function play(kills: number, seed: number): Promise<ChaosResult> {
  const redis = testRedisUrl();
  // What names of schemas may not have, names of keys here do without.
  const queue: QueueConnection = { kind: 'redis', url: redis.url, prefix: redis.prefix.replaceAll('-', '_').slice(0, 40) };
  const variables = { ...inherited(process.env), NODE_OPTIONS: '', DATABASE_URL: test.url, ...variablesOf(queue) };
  const place = { databaseUrl: test.url, queue, variables, emptyQueue: () => emptyQueue(queue), log: () => undefined };
  return playChaos(place, { kills, seed, openStories: 18 });
}

it(
  'loses no notice and repeats none without need while notifiers are killed',
  async () => {
    const result = await play(6, 1);
    expect(result).toMatchObject({ kills: 6, lost: 0, duplicatesOther: 0, misordered: 0, early: 0, crashes: [], examples: [] });
    expect(result.expected).toBeGreaterThan(100);
    expect(result.underFire).toBeGreaterThan(0);
  },
  LONGEST_MS,
);

const SENT_AGAIN = 5;

/** What a notifier would do that forgot what it had decided to tell, and what it had noted as sent. */
async function sabotage(database: Database): Promise<void> {
  const forget = () =>
    database.query(
      `with victim as (select org_id, id from delivery where status = 'due' and reason = 'opened' and not may_have_come order by id limit 1 for update skip locked),
         attempts as (delete from delivery_attempt a using victim v where a.org_id = v.org_id and a.delivery_id = v.id)
       delete from delivery d using victim v where d.org_id = v.org_id and d.id = v.id returning d.id`,
    );
  // Ends, which are true whenever they are sent, and taken at the first attempt: for a second one of the others there may be a good reason.
  const sendAgain = () =>
    database.query(
      `with once as (select d.id from delivery d where d.status = 'sent' and d.reason = 'recovered'
           and (select count(*) from delivery_attempt a where a.org_id = d.org_id and a.delivery_id = d.id) = 1 order by d.id desc limit ${SENT_AGAIN})
       update delivery set status = 'due' where id in (select id from once) and (select count(*) from once) = ${SENT_AGAIN} returning id`,
    );
  await waitFor(async () => (await forget()).length > 0, { timeoutMs: 60_000, describe: 'a delivery to forget' });
  await waitFor(async () => (await sendAgain()).length > 0, { timeoutMs: 60_000, describe: 'deliveries to send again' });
}

it(
  'finds out when notices are forgotten or sent again',
  async () => {
    const database = new Database({ url: test.url, applicationName: 'saboteur' });
    const [result] = await Promise.all([play(3, 2), sabotage(database)]);
    await database.close();
    expect(result.lost).toBeGreaterThan(0);
    expect(result.duplicatesOther).toBeGreaterThan(0);
    expect(result.examples.length).toBeGreaterThan(1);
    expect(result.examples).toContainEqual(expect.stringContaining(' instead of '));
  },
  LONGEST_MS,
);
