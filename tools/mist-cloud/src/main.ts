import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DEFAULT_START_AT_MS, type MistCloudOptions, type OrgOptions } from './options.js';
import { type Incident, instantMs, parseIncident } from './scenario/incidents.js';
import { startMistCloud } from './start.js';

const USAGE = `Usage: node tools/mist-cloud/dist/main.js [--port N] [--host ADDRESS] [--orgs N] [--sites N] [--circuits N] [--aps N] [--seed N]
  [--org-id UUID] [--token TEXT] [--start ISO|now] [--speed N] [--scenario FILE.json]`;

const readScenario = (path: string): Incident[] => {
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!Array.isArray(list)) throw new TypeError(`${path}: a scenario file is a JSON array of incidents`);
  return list.map((entry, index) => parseIncident(entry, `${path}, incident ${index + 1}`));
};

const numberArg = (name: string, text: string | undefined, fallback: number): number => {
  const value = text === undefined ? fallback : Number(text);
  if (!Number.isFinite(value)) throw new TypeError(`--${name} ${String(text)} is not a number`);
  return value;
};

/** A count of organisations, or the one with the id that a configuration file names. */
const orgsArg = ({ orgs, 'org-id': id, token }: { orgs?: string; 'org-id'?: string; token?: string }): number | OrgOptions[] => {
  if (id === undefined) return numberArg('orgs', orgs, 1);
  if (orgs !== undefined) throw new TypeError('--org-id names the one organisation; leave out --orgs');
  return [{ id, ...(token === undefined ? {} : { token }) }];
};

const startArg = (start: string | undefined): number => {
  if (start === undefined) return DEFAULT_START_AT_MS;
  return start === 'now' ? Date.now() : instantMs('--start', start);
};

const text = { type: 'string' } as const;

const readArgs = (): { options: MistCloudOptions; incidents: Incident[] } => {
  const { values } = parseArgs({
    options: {
      port: text,
      host: text,
      orgs: text,
      'org-id': text,
      sites: text,
      circuits: text,
      aps: text,
      seed: text,
      token: text,
      start: text,
      speed: text,
      scenario: text,
    },
  });
  const options: MistCloudOptions = {
    port: numberArg('port', values.port, 0),
    orgs: orgsArg(values),
    sitesPerOrg: numberArg('sites', values.sites, 10),
    circuitsPerSite: numberArg('circuits', values.circuits, 2),
    apsPerSite: numberArg('aps', values.aps, 3),
    seed: numberArg('seed', values.seed, 1),
    startAt: startArg(values.start),
    clock: { kind: 'following', speed: numberArg('speed', values.speed, 1) },
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.token === undefined ? {} : { token: values.token }),
  };
  return { options, incidents: values.scenario === undefined ? [] : readScenario(values.scenario) };
};

const run = async (): Promise<void> => {
  const { options, incidents } = readArgs();
  const cloud = await startMistCloud(options);
  cloud.scenario.add(...incidents);
  process.stdout.write(
    `${JSON.stringify({ url: cloud.url, orgs: cloud.orgs, now: new Date(cloud.clock.now()).toISOString() })}\n`,
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void cloud.close());
};

run().catch((error: unknown) => {
  process.stderr.write(`mist-cloud: ${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
  process.exitCode = 2;
});
