import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack, type Stack, type WorkerName } from '@app/cli';
import { startMistCloud, type Incident, type MistCloud } from '@app/mist-cloud';
import { clockOf, Database, JobPublisher, loadEnv, parseSettings, type Runtime } from '@app/shared';
import { createTestDatabase, startSmtpSink, testRedisUrl, waitFor, type SmtpSink, type TestDatabase } from '@app/testing';
import { drive, type Driven } from '@app/cli';

const MAINS = fileURLToPath(new URL('../../apps/', import.meta.url));
export const TOKEN = 'token-of-the-simulated-cloud';

export interface WorldOptions {
  readonly startAt: number;
  readonly sites: number;
  readonly incidents?: (cloud: MistCloud) => readonly Incident[];
  /** Lines laid over the configuration. */
  readonly configuration?: string;
  /** Lines laid over the entry of the org. */
  readonly orgLines?: string;
  readonly without?: readonly WorkerName[];
  /** API token of the org. */
  readonly token?: string;
  /** `user:password` for the mail server. */
  readonly smtpCredentials?: string;
  /** Where the services find the cloud, when something stands in between. */
  readonly through?: (cloudUrl: string) => Promise<string>;
  /** Variables of the environment, laid over those of the harness. */
  readonly variables?: Readonly<Record<string, string>>;
}

interface Parts {
  readonly cloud: MistCloud;
  readonly sink: SmtpSink;
  readonly stack: Stack;
  readonly runtime: Runtime;
  readonly testDatabase: TestDatabase;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** A simulated cloud, a database, a queue, a mail server and all services, in one driven time. */
export class World {
  private readonly children = new Set<ChildProcess>();

  readonly cloud: MistCloud;
  readonly sink: SmtpSink;
  readonly stack: Stack;
  readonly runtime: Runtime;

  private constructor(private readonly parts: Parts) {
    ({ cloud: this.cloud, sink: this.sink, stack: this.stack, runtime: this.runtime } = parts);
  }

  static async start(options: WorldOptions): Promise<World> {
    const [testDatabase, sink] = await Promise.all([createTestDatabase(), startSmtpSink()]);
    const cloud = await startMistCloud({
      orgs: [{ name: 'Example Stores', token: options.token ?? TOKEN, sites: options.sites, circuitsPerSite: 2, apsPerSite: 3 }],
      startAt: options.startAt,
      seed: 7,
    });
    cloud.scenario.add(...(options.incidents?.(cloud) ?? []));
    const folder = await mkdtemp(join(tmpdir(), 'mistwatch-e2e-'));
    const redis = testRedisUrl();
    const variables = {
      DATABASE_URL: testDatabase.url,
      REDIS_URL: redis.url,
      QUEUE_PREFIX: redis.prefix.replaceAll('-', '_').slice(0, 40),
      CONFIG_FILE: join(folder, 'mistwatch.yaml'),
      CLOCK_FILE: join(folder, 'clock'),
      LOG_LEVEL: process.env['E2E_LOG_LEVEL'] ?? 'silent',
      PUBLIC_URL: 'https://mistwatch.example.com',
      SHUTDOWN_GRACE_SECONDS: '2',
      ...options.variables,
    };
    const configuration = await configurationOf(cloud, sink, options);
    await writeFile(variables.CONFIG_FILE, configuration);
    await writeFile(variables.CLOCK_FILE, String(options.startAt));
    const env = loadEnv(variables);
    const settings = parseSettings(configuration, {});
    const runtime: Runtime = { env, settings, clock: clockOf(env.clockFile), queue: env.queue, databaseUrl: env.databaseUrl };
    const stack = await startStack({ runtime, isDriven: true, apiPort: null, without: options.without ?? [] });
    return new World({ cloud, sink, stack, runtime, testDatabase, folder, variables });
  }

  /** The file that configures the services. */
  get configFile(): string {
    return this.runtime.env.configFile;
  }

  get orgId(): string {
    return this.cloud.orgs[0]?.id ?? '';
  }

  get database(): Database {
    return this.stack.database;
  }

  /** A service as a process of its own, to be killed. */
  async spawn(name: WorkerName): Promise<ChildProcess> {
    const main = join(MAINS, name, 'dist/main.js');
    const env = { ...process.env, ...this.parts.variables, NODE_OPTIONS: '', HEALTH_PORT: '0', LOG_LEVEL: 'info' };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await waitFor(() => output.includes(`${name} runs`), {
      timeoutMs: 30_000,
      describe: () => `${name} to run; it said: ${output}`,
    });
    return child;
  }

  /** Every batch goes onto the queue a second time, as a delivery whose acknowledgement was lost would. */
  deliverTwice(): void {
    const publisher = this.stack.worker('collector').app.get(JobPublisher, { strict: false });
    const once = publisher.publish.bind(publisher);
    publisher.publish = async (name, payload, options) => {
      await once(name, payload, options);
      if (name === 'ingest-batch') await once(name, payload, { ...options, jobId: `${options?.jobId ?? 'batch'}-again` });
    };
  }

  async live(from: number, to: number, onStep?: (at: number) => Promise<void> | void): Promise<void> {
    const driven: Driven = {
      orgIds: [this.orgId],
      database: this.database,
      collector: this.stack.worker('collector'),
      setTime: (at) => this.setTime(at),
    };
    await drive(driven, { from, to, ...(onStep === undefined ? {} : { onStep }) });
  }

  async setTime(at: number): Promise<void> {
    this.cloud.clock.set(at);
    const file = this.parts.variables['CLOCK_FILE'] ?? '';
    await writeFile(`${file}.new`, String(at));
    await rename(`${file}.new`, file);
  }

  async stop(): Promise<void> {
    await this.stack.close();
    for (const child of this.children) child.kill('SIGKILL');
    await this.sink.close();
    await this.cloud.close();
    await rm(this.parts.folder, { recursive: true, force: true });
    await this.parts.testDatabase.drop();
  }
}

async function configurationOf(cloud: MistCloud, sink: SmtpSink, options: WorldOptions): Promise<string> {
  const baseUrl = (await options.through?.(cloud.url)) ?? cloud.url;
  const credentials = options.smtpCredentials === undefined ? '' : `${options.smtpCredentials}@`;
  return `
orgs:
  - id: ${cloud.orgs[0]?.id ?? ''}
    name: Example Stores
    baseUrl: ${baseUrl}
    token: ${options.token ?? TOKEN}
${options.orgLines ?? ''}
email:
  smtpUrl: smtp://${credentials}127.0.0.1:${sink.port}
  from: mistwatch <mistwatch@example.com>
  to: [noc@example.com]
${options.configuration ?? ''}
`;
}
