import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type MistCloud, startMistCloud } from '../start.js';
import { failingCalls, type PlannedCall, readingCalls, type Target, targetOf } from './calls.js';
import { Description } from './description.js';

/** One thing that was looked at. */
export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 4, 6);
const SITES = 40;

const judge = (name: string, faults: readonly string[]): CheckResult => ({
  name,
  ok: faults.length === 0,
  detail: faults.slice(0, 5).join('; '),
});

/** Sites without data are an id alone, live and in the guide; the description wants a score, so those rows are set aside. */
const withoutEmptySites = (answer: unknown): unknown => {
  if (typeof answer !== 'object' || answer === null || !('results' in answer) || !Array.isArray(answer.results)) return answer;
  return { ...answer, results: answer.results.filter((row: object) => Object.keys(row).join() !== 'site_id') };
};

const check = async (cloud: MistCloud, description: Description, call: PlannedCall): Promise<CheckResult> => {
  const wanted = call.status ?? 200;
  const name = `${call.operation} ${call.method ?? 'GET'} ${call.path.split('?')[0] ?? ''} ${wanted}`;
  const response = await fetch(cloud.url + call.path, {
    method: call.method ?? 'GET',
    headers: { authorization: `Token ${call.token ?? cloud.orgs[0]?.token ?? ''}`, 'content-type': 'application/json' },
    ...(call.method === undefined || call.method === 'DELETE' ? {} : { body: JSON.stringify(call.body ?? {}) }),
    ...(call.method === 'DELETE' ? { headers: { authorization: `Token ${cloud.orgs[0]?.token ?? ''}` } } : {}),
  });
  const answer: unknown = await response.json();
  if (response.status !== wanted) return judge(name, [`answered ${response.status}, not ${wanted}: ${JSON.stringify(answer)}`]);
  const pointer =
    call.schema === undefined ? description.answerPointer(call.operation, wanted) : description.schemaPointer(call.schema);
  if (pointer === null) return judge(name, []);
  return judge(name, description.faultsOf(pointer, call.schema === undefined ? answer : withoutEmptySites(answer)));
};

const checkAll = async (cloud: MistCloud, description: Description, calls: readonly PlannedCall[]): Promise<CheckResult[]> => {
  const results: CheckResult[] = [];
  for (const call of calls) results.push(await check(cloud, description, call));
  return results;
};

const trouble = (cloud: MistCloud, siteId: string): void => {
  const [from, to] = [START_MS + HOUR_MS, START_MS + 3 * HOUR_MS];
  cloud.scenario.add(
    { kind: 'circuit-flap', site: siteId, from, to: to - HOUR_MS, count: 5 },
    { kind: 'congestion', site: siteId, from, to },
    { kind: 'dhcp-trouble', site: siteId, from, to },
    { kind: 'failover', site: siteId, from: to, to: to + HOUR_MS },
    { kind: 'site-down', site: 1, from, to: to + 9 * HOUR_MS },
    { kind: 'carrier-outage', provider: 'Example Cable', from: to, to: to + HOUR_MS },
  );
};

/** Creates, reads, changes, pings and removes a hook, and judges what it was sent. */
const checkWebhooks = async (cloud: MistCloud, description: Description, target: Target): Promise<CheckResult[]> => {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const list = `/api/v1/orgs/${target.orgId}/webhooks`;
  const topics = ['alarms', 'device-events', 'device-updowns'];
  const results = await checkAll(cloud, description, [
    {
      operation: 'createOrgWebhook',
      path: list,
      method: 'POST',
      body: { name: 'hook', type: 'http-post', url, secret: 'secret', topics, enabled: true },
    },
    { operation: 'listOrgWebhooks', path: list },
  ]);
  const hooks = (await (
    await fetch(cloud.url + list, { headers: { authorization: `Token ${cloud.orgs[0]?.token ?? ''}` } })
  ).json()) as { id: string }[];
  const one = `${list}/${hooks[0]?.id ?? ''}`;
  cloud.clock.advance(5 * HOUR_MS);
  await cloud.flushWebhooks();
  results.push(
    ...(await checkAll(cloud, description, [
      { operation: 'getOrgWebhook', path: one },
      { operation: 'updateOrgWebhook', path: one, method: 'PUT', body: { name: 'renamed' } },
      { operation: 'pingOrgWebhook', path: `${one}/ping`, method: 'POST' },
      { operation: 'searchOrgWebhooksDeliveries', path: `${one}/events/search` },
      { operation: 'deleteOrgWebhook', path: one, method: 'DELETE' },
      { operation: 'getOrgWebhook', path: one, status: 404 },
    ])),
  );
  server.close();
  return [...results, ...judgeDeliveries(description, bodies, [...topics, 'ping'])];
};

const judgeDeliveries = (description: Description, bodies: readonly string[], topics: readonly string[]): CheckResult[] =>
  topics.map((topic) => {
    const messages = bodies.map((body) => JSON.parse(body) as { topic: string }).filter((message) => message.topic === topic);
    const pointer = description.webhookPointer(topic);
    const faults = messages.flatMap((message) => (pointer === null ? [] : description.faultsOf(pointer, message)));
    return judge(`webhook ${topic} (${messages.length} messages)`, messages.length === 0 ? ['nothing was delivered'] : faults);
  });

const checkRateLimit = async (description: Description): Promise<CheckResult> => {
  const cloud = await startMistCloud({ requestsPerHour: 0, startAt: START_MS });
  try {
    return await check(cloud, description, { operation: 'getSelf', path: '/api/v1/self', status: 429 });
  } finally {
    await cloud.close();
  }
};

/** Starts a simulator and judges every operation it has, calm and in trouble, against the description in `dir`. */
export const checkSimulator = async (dir: string): Promise<CheckResult[]> => {
  const description = new Description(dir);
  const cloud = await startMistCloud({ orgs: 2, sitesPerOrg: SITES, startAt: START_MS });
  try {
    const window = { startSeconds: (START_MS - 24 * HOUR_MS) / 1000, endSeconds: (START_MS + 8 * HOUR_MS) / 1000 };
    const target = targetOf(cloud, 0, window);
    const calm = await checkAll(cloud, description, [...readingCalls(target), ...failingCalls(target)]);
    trouble(cloud, target.siteId);
    const hooks = await checkWebhooks(cloud, description, target);
    const troubled = await checkAll(cloud, description, [
      ...readingCalls(target),
      ...readingCalls(targetOf(cloud, 1, window)),
      ...readingCalls(targetOf(cloud, 36, window)),
    ]);
    return [...calm, ...hooks, ...troubled, await checkRateLimit(description)];
  } finally {
    await cloud.close();
  }
};

/** Operations of the description that no check calls. */
export const uncheckedOperations = (dir: string, results: readonly CheckResult[]): readonly string[] => {
  const called = new Set(results.map(({ name }) => name.split(' ')[0]));
  return [...new Description(dir).operations.keys()].filter((id) => !called.has(id));
};
