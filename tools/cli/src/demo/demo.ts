import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { importFile } from '@app/analyzer';
import { renderHealthDashboard, renderSummaryReport } from '@app/domain';
import { operatorCsv, type SimClock } from '@app/mist-cloud';
import { createApiKey, loadEnv, loadReportModel, parseSettings, requireOrg, type Runtime } from '@app/shared';
import { startMailCatcher, type MailCatcher } from '../mail-catcher.js';
import { drive, STEP_MS } from '../stack/drive.js';
import { startServers } from '../stack/servers.js';
import { ShiftClock } from '../stack/shift-clock.js';
import { startStack, type Stack } from '../stack/stack.js';
import { DEMO_TOKEN, startDemoWorld, type DemoWorld } from './world.js';

const HOUR_MS = 3_600_000;
/** Past that the demo lives through before it shows anything. */
const PAST_MS = 4 * HOUR_MS;

export interface DemoOptions {
  /** Print the report and end, instead of keeping on running. */
  readonly once: boolean;
  readonly sites: number;
  readonly dataDir: string;
  readonly apiPort: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (line: string) => void;
  /** Ends the running demo. */
  readonly stopped: AbortSignal;
}

interface Demo {
  readonly runtime: Runtime;
  readonly clock: ShiftClock;
  readonly world: DemoWorld;
  readonly mail: MailCatcher;
  readonly stack: Stack;
}

/** A simulated organization with a bad day, taken through all four services, on servers of its own. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { print } = options;
  const dataDir = join(options.dataDir, 'demo');
  // A demo starts from nothing: its simulated past would not fit what an earlier run left behind.
  await rm(join(dataDir, 'mail'), { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const servers = await startServers({ dataDir, env: options.env, freshDatabase: 'mistwatch_demo' });
  print(servers.description);
  const closing: (() => Promise<void>)[] = [() => servers.stop()];
  try {
    const demo = await startParts(options, dataDir, servers.variables, closing);
    await live(demo, print);
    await show(demo, dataDir, print);
    if (!options.once) await keepRunning(demo, options, closing);
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

async function startParts(
  options: DemoOptions,
  dataDir: string,
  variables: Readonly<Record<string, string>>,
  closing: (() => Promise<void>)[],
): Promise<Demo> {
  const end = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const clock = new ShiftClock(end - PAST_MS);
  const mail = await startMailCatcher({ directory: join(dataDir, 'mail') });
  closing.push(() => mail.close());
  const world = await startDemoWorld({ clock: simulatorClock(clock), end, sites: options.sites });
  closing.push(() => world.cloud.close());
  const env = loadEnv({
    ...variables,
    QUEUE_PREFIX: 'mistwatch_demo',
    LOG_LEVEL: options.env['LOG_LEVEL'] ?? 'info',
    LOG_FILE: join(dataDir, 'demo.log'),
    PUBLIC_URL: `http://127.0.0.1:${options.apiPort}`,
    PORT: String(options.apiPort),
    SHUTDOWN_GRACE_SECONDS: '5',
  });
  const settings = parseSettings(configuration(world, mail), {}, 'the demo configuration');
  const runtime: Runtime = { env, settings, clock, queue: env.queue, databaseUrl: env.databaseUrl };
  const apiPort = options.once ? null : options.apiPort;
  const stack = await startStack({ runtime, isDriven: true, apiPort, mailboxUrl: mail.webUrl });
  closing.push(() => stack.close());
  return { runtime, clock, world, mail, stack };
}

const configuration = ({ cloud, orgId }: DemoWorld, mail: MailCatcher): string => `
orgs:
  - id: ${orgId}
    name: Example Stores
    baseUrl: ${cloud.url}
    token: ${DEMO_TOKEN}
    reportingTimezone: UTC
email:
  smtpUrl: ${mail.smtpUrl}
  from: mistwatch <mistwatch@example.com>
  to: [noc@example.com]
`;

/** The simulator lives in the same time as the services. */
const simulatorClock = (clock: ShiftClock): SimClock => ({
  now: () => clock.now(),
  set: (at) => clock.set(at),
  advance: (by) => clock.set(clock.now() + by),
  onChange: () => () => undefined,
});

/** What the operator knows is loaded first, then the past hours go by. */
async function live({ clock, world, stack }: Demo, print: (line: string) => void): Promise<void> {
  const files = operatorCsv(world.cloud.truth, world.orgId);
  const common = { database: stack.database, orgExternalId: world.orgId, now: clock.now(), format: 'csv' } as const;
  await importFile({ ...common, kind: 'sites', text: files.sites });
  await importFile({ ...common, kind: 'circuits', text: files.circuits });
  const from = clock.now();
  print(`Living through the last ${PAST_MS / HOUR_MS} hours of "Example Stores" (simulated) ...`);
  await drive(
    {
      orgIds: [world.orgId],
      database: stack.database,
      collector: stack.worker('collector'),
      setTime: (at) => clock.set(at),
    },
    { from, to: from + PAST_MS, onStep: (at) => progress(print, at, from) },
  );
}

function progress(print: (line: string) => void, at: number, from: number): void {
  if ((at - from) % HOUR_MS === 0 && at > from) print(`  ${new Date(at).toISOString()}  ${(at - from) / HOUR_MS} h`);
}

async function show({ runtime, clock, world, mail, stack }: Demo, dataDir: string, print: (line: string) => void): Promise<void> {
  const org = await requireOrg(stack.database, world.orgId);
  const model = await loadReportModel(stack.database, org.id, clock.now(), runtime.settings);
  const report = renderSummaryReport(model);
  await writeFile(join(dataDir, 'SUMMARY_REPORT.txt'), report);
  await writeFile(join(dataDir, 'HEALTH_DASHBOARD.json'), JSON.stringify(renderHealthDashboard(model).json, null, 2));
  print('');
  print(report);
  print(`Mails sent: ${mail.mails().length} (files in ${join(dataDir, 'mail')})`);
  for (const { mail: caught } of mail.mails()) print(`  ${caught.subject ?? '(no subject)'}`);
}

/** From the simulated past into real time: schedules take over, until the demo is stopped. */
async function keepRunning(demo: Demo, options: DemoOptions, closing: (() => Promise<void>)[]): Promise<void> {
  const { runtime, clock, world, mail, stack } = demo;
  const { secret } = await createApiKey(stack.database, {
    name: 'demo',
    role: 'operator',
    orgIds: [world.orgId],
    now: new Date(clock.now()),
    actor: 'demo',
  });
  await stack.worker('collector').close();
  clock.setFree();
  const collector = await startStack({ runtime, isDriven: false, apiPort: null, without: ['analyzer', 'notifier'] });
  closing.push(() => collector.close());
  const api = `http://127.0.0.1:${options.apiPort}`;
  options.print(`
The demo goes on in real time. Stop it with Ctrl-C.
  API and documentation   ${api}/docs
  API key (operator)      ${secret}
  summary report          curl -H "Authorization: Bearer ${secret}" ${api}/v1/orgs/${world.orgId}/reports/summary
  caught mails            ${mail.webUrl}
  log                     ${join(options.dataDir, 'demo', 'demo.log')}`);
  await delay(2 ** 31 - 1, undefined, { signal: options.stopped }).catch(() => undefined);
}
