import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSettings } from '@app/shared';
import { parse } from 'yaml';

interface Service {
  readonly user?: string;
  readonly read_only?: boolean;
  readonly command?: readonly string[];
  readonly restart?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { services } = parse(read('docker-compose.yml'), { merge: true }) as { services: Record<string, Service> };
const named = Object.entries(services);
const dockerfile = read('Dockerfile');

/** Files named in a command, where they come from: `dist/x.js` is built from `src/x.ts`. */
const sourcesIn = (words: readonly string[]): string[] =>
  [...words.join(' ').matchAll(/[\w./-]+\.m?js/g)].map(([file]) =>
    file.replace('/dist/', '/src/').replace(/(?<=\/src\/.*)\.js$/, '.ts'),
  );

test('compose runs the four services and what they need', () => {
  expect(Object.keys(services).sort()).toEqual(
    ['analyzer', 'api', 'collector', 'mail-catcher', 'migrate', 'mist-cloud', 'notifier', 'postgres', 'redis'].sort(),
  );
});

test.each(named)('%s runs as an ordinary user on a read-only file system', (_name, service) => {
  expect(service.user).toMatch(/^(node|postgres|redis)$/);
  expect(service.read_only).toBe(true);
});

test.each(named)('%s has a health check, or runs only once', (_name, { healthcheck, restart }) => {
  if (restart === 'no') expect(healthcheck?.disable).toBe(true);
  else expect(healthcheck?.test?.[0]).toBe('CMD');
});

test.each(named)('every file that %s runs exists', (_name, { command = [], healthcheck }) => {
  for (const file of sourcesIn([...command, ...(healthcheck?.test ?? [])]))
    expect([file, existsSync(join(root, file))]).toEqual([file, true]);
});

test.each(named)('%s holds no secret: they come from the environment', (_name, { environment = {} }) => {
  for (const [name, value] of Object.entries(environment)) {
    if (/PASSWORD|TOKEN|SECRET|KEY$/.test(name)) expect(value).toMatch(/^\$\{\w+(:\?[^}]*|:-)?\}$/);
    expect(value).not.toMatch(/:\/\/[^:@/]+:(?!\$\{)[^@]*@/);
  }
});

test('services wait for healthy servers and a finished migration', () => {
  for (const name of ['collector', 'analyzer', 'notifier', 'api']) {
    expect(services[name]?.depends_on).toEqual({
      migrate: { condition: 'service_completed_successfully' },
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
  }
});

test('Redis keeps jobs over a restart and never evicts them', () => {
  const command = services['redis']?.command?.join(' ');
  expect(command).toContain('--appendonly yes');
  expect(command).toContain('--maxmemory-policy noeviction');
});

test('the image runs as an ordinary user, checks its health and holds no secret', () => {
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  expect(lastStage).toMatch(/^USER node$/m);
  expect(lastStage).toMatch(/^HEALTHCHECK .* CMD \["node", "tools\/healthcheck\.mjs"/m);
  expect(dockerfile).not.toMatch(/^(ARG|ENV).*(PASSWORD|TOKEN|SECRET)/m);
  expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['.env', '.git', '**/node_modules']));
});

test.each(['collector', 'analyzer', 'notifier', 'api'])('the image can run %s', (name) => {
  expect(existsSync(join(root, 'apps', name, 'src', 'main.ts'))).toBe(true);
});

test('the demo watches the organization that the simulated cloud has', () => {
  const settings = parseSettings(read('config/demo.yaml'), { MIST_TOKEN: 'demo-token' });
  const command = services['mist-cloud']?.command?.join(' ') ?? '';
  expect(settings.orgs.map(({ id }) => id)).toEqual([/--org-id (\S+)/.exec(command)?.[1]]);
  expect(settings.orgs[0]?.baseUrl).toBe('http://mist-cloud:8090');
  expect(settings.email?.smtpUrl).toBe('smtp://mail-catcher:1025');
  expect(command).toContain('--start now');
});
