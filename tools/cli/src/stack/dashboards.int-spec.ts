import 'reflect-metadata';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiKey, loadEnv, parseSettings } from '@app/shared';
import { createTestDatabase, ManualClock, seedOrg, startHttpReceiver, testRedisUrl } from '@app/testing';
import { startStack } from './stack.js';

const DEPLOY = fileURLToPath(new URL('../../../../deploy/', import.meta.url));
const NOW = Date.UTC(2026, 2, 1, 12, 10);
const ORG = 'org-1';
const SERVICES = ['collector', 'analyzer', 'notifier'] as const;

/** Labels of the samples by name of the metric; of one without samples there is nothing to see. */
type Exposed = ReadonlyMap<string, ReadonlySet<string>>;

/** What all services and the API expose, about themselves and about a network. */
async function scrapeAll(): Promise<Exposed> {
  const [testDatabase, receiver] = await Promise.all([
    createTestDatabase(),
    startHttpReceiver(() => ({ status: 200, body: 'OK' })),
  ]);
  const redis = testRedisUrl();
  const env = loadEnv({ DATABASE_URL: testDatabase.url, REDIS_URL: redis.url, QUEUE_PREFIX: 'test', LOG_LEVEL: 'silent' });
  const settings = parseSettings(`heartbeat: { url: '${receiver.url}/beat', allowPrivate: true }`, {});
  const queue = { kind: 'redis', ...redis } as const;
  const runtime = { env, settings, clock: new ManualClock(NOW), queue, databaseUrl: testDatabase.url };
  const stack = await startStack({ runtime, isDriven: true, apiPort: 0 });
  try {
    const hours = [{ rxBytes: 1_000, utilizationPct: 75, latency: { count: 12, avg: 20, max: 40, p95: 38 } }];
    const circuit = { mac: '020000000101', portId: 'ge-0/0/0', name: 'main', state: 'up' as const, hours };
    const sle = { coverage: { score: 0.5, severity: 'major' as const } };
    await seedOrg(stack.database, {
      orgId: ORG,
      name: 'Example Stores',
      now: NOW,
      sites: [{ id: 'site-1', name: 'Alder Street', region: 'North', sle, circuits: [circuit] }],
    });
    const key = await createApiKey(stack.database, {
      name: 'prometheus',
      role: 'viewer',
      orgIds: [ORG],
      now: new Date(NOW),
      actor: 'test',
    });
    const api = (await stack.api?.app.getUrl()) ?? '';
    const headers = { authorization: `Bearer ${key.secret}` };
    const texts = await Promise.all([
      ...SERVICES.map((name) => textOf(`http://127.0.0.1:${stack.worker(name).healthPort}/metrics`)),
      textOf(`${api}/v1/metrics`, headers),
      textOf(`${api}/metrics`),
    ]);
    return exposedBy(texts.join('\n'));
  } finally {
    await stack.close();
    await receiver.close();
    await testDatabase.drop();
  }
}

async function textOf(url: string, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, { headers });
  expect([url, answer.status]).toEqual([url, 200]);
  return answer.text();
}

function exposedBy(text: string): Exposed {
  const exposed = new Map<string, Set<string>>();
  for (const [, name = '', type = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
      exposed.set(name + suffix, exposed.get(name + suffix) ?? new Set());
  for (const [, name = '', labels = ''] of text.matchAll(/^([a-z_:]+)\{(.*)\} /gm))
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) exposed.get(name)?.add(label);
  return exposed;
}

interface Query {
  readonly where: string;
  readonly text: string;
}

/** Every `expr`, and every query of a variable, in a file. */
function queriesIn(file: string): Query[] {
  const found: Query[] = [];
  JSON.parse(readFileSync(join(DEPLOY, file), 'utf8'), (key: string, value: unknown) => {
    if ((key === 'expr' || key === 'query') && typeof value === 'string') found.push({ where: file, text: value });
    return value;
  });
  return found.filter(({ text }) => text !== 'prometheus');
}

const OURS = /\b(?:mistwatch|process|nodejs)_[a-z0-9_]+/g;

describe('dashboards and alert rules', () => {
  const files = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));
  const queries = files.flatMap(queriesIn);
  let exposed: Exposed;
  beforeAll(async () => {
    exposed = await scrapeAll();
  }, 60_000);

  it('ask for metrics that are there', () => {
    expect(queries.length).toBeGreaterThan(30);
    const missing = queries.flatMap(({ where, text }) =>
      [...text.matchAll(OURS)].filter(([name]) => !exposed.has(name)).map(([name]) => `${where}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('ask for labels that those metrics have', () => {
    const missing = queries.flatMap(({ where, text }) =>
      [...text.matchAll(/\b((?:mistwatch|process|nodejs)_[a-z0-9_]+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) => {
        const labels = exposed.get(name) ?? new Set<string>();
        const asked = [...matchers.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
        return labels.size === 0 ? [] : asked.filter((label) => !labels.has(label)).map((label) => `${where}: ${name} ${label}`);
      }),
    );
    expect(missing).toEqual([]);
  });

  it('show every metric of the network', () => {
    const asked = new Set(queries.flatMap(({ text }) => [...text.matchAll(OURS)].map(([name]) => name)));
    expect([...exposed.keys()].filter((name) => name.startsWith('mistwatch_network_') && !asked.has(name))).toEqual([]);
  });

  it('have panels that do not overlap, each with a title and what it means', () => {
    for (const file of files.filter((each) => each.startsWith('grafana'))) {
      const { panels } = JSON.parse(readFileSync(join(DEPLOY, file), 'utf8')) as {
        panels: { id: number; title: string; description: string; gridPos: { x: number; y: number; w: number; h: number } }[];
      };
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { title, description } of panels) expect([title, description.endsWith('.')]).toEqual([title, true]);
    }
  });
});
