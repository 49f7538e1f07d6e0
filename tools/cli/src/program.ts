import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { BACKFILL_KINDS, COLLECT_KINDS } from '@app/shared';
import { checkConfigCommand, printConfigCommand } from './commands/config.js';
import type { Shell } from './commands/context.js';
import type { ReplayOptions } from './commands/replay.js';
import { addFactsCommand } from './facts-options.js';
import { addReportCommand } from './report-options.js';

/** Where the API of the demo listens unless told otherwise. */
const DEMO_PORT = '8090';

/**
 * The whole command line in one table. Commands that start services load their code when they are called, so that `--help` and `config check`
 * stay quick.
 */
export function program(shell: Shell, stopped: AbortSignal): Command {
  const root = new Command('mistwatch').description('Watches Juniper Mist networks.').version(version()).exitOverride();
  root
    .command('demo')
    .description('run a simulated organization with a bad day through all services')
    .option('--once', 'print the summary report and end')
    .option('--sites <n>', 'number of simulated sites', '3')
    .option('--port <n>', 'port of the API', DEMO_PORT)
    .action(async (given: { once?: boolean; sites: string; port: string }) => {
      const { runDemo } = await import('./demo/demo.js');
      const { dataDir, variables: env, print } = shell;
      await runDemo({
        once: given.once === true,
        sites: Number(given.sites),
        apiPort: Number(given.port),
        dataDir,
        env,
        print,
        stopped,
      });
    });
  root
    .command('test')
    .description('format, lint, types, dependency rules, unit, integration and end-to-end tests')
    .allowUnknownOption()
    .argument('[args...]')
    .action(async (args: string[]) => {
      const { runTestCommand } = await import('./test-command.js');
      process.exitCode = await runTestCommand(args);
    });
  root
    .command('up')
    .description('run all four services in this process')
    .action(async () => (await import('./commands/up.js')).upCommand(shell, stopped));
  root
    .command('migrate')
    .description('bring the database to the newest schema')
    .action(async () => (await import('./commands/migrate.js')).migrateCommand(shell));
  addData(root, shell, stopped);
  addRollups(root, shell);
  addCircuits(root, shell);
  addAlerting(root, shell);
  addDeliveries(root, shell);
  addAdministration(root, shell, stopped);
  return root;
}

/** Of the whole project: the root's package.json. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

function addData(root: Command, shell: Shell, stopped: AbortSignal): void {
  root
    .command('collect')
    .description('poll Mist now and store what it answers')
    .option('--org <id>', 'only this organization')
    .option('--kinds <list>', `comma separated, of ${COLLECT_KINDS.join(', ')}`)
    .option('--json', 'one JSON object a poll', false)
    .action(async (given: { org?: string; kinds?: string; json: boolean }) =>
      (await import('./commands/collect.js')).collectCommand(shell, given),
    );
  root
    .command('backfill')
    .description('read a window of the last 14 days from Mist again: events, hours of WAN ports, SLE scores')
    .requiredOption('--org <id>', 'organization')
    .requiredOption('--from <time>', 'RFC 3339')
    .requiredOption('--to <time>', 'RFC 3339')
    .option('--kinds <list>', `comma separated, of ${BACKFILL_KINDS.join(', ')}`)
    .option('--json', 'print the outcome as JSON', false)
    .action(async (given: { org: string; from: string; to: string; kinds?: string; json: boolean }) =>
      (await import('./commands/backfill.js')).backfillCommand(shell, given, stopped),
    );
  addReportCommand(root, shell);
  addFactsCommand(root, shell);
  root
    .command('import')
    .description('bring in history: sites, circuits, port-samples, port-events, circuit-hours or sle')
    .argument('<kind>')
    .argument('<file>', '.csv or .ndjson')
    .option('--org <id>', 'organization; made when it is new', 'default')
    .option('--json', 'print the outcome as JSON', false)
    .action(async (kind: string, file: string, given: { org: string; json: boolean }) =>
      (await import('./commands/import.js')).importCommand(shell, kind, file, given),
    );
}

function addRollups(root: Command, shell: Shell): void {
  root
    .command('aggregate')
    .description('bring days, weeks and months up to the hours now; with --from or --to, fold that time again')
    .option('--org <id>', 'only this organization')
    .option('--from <time>', 'RFC 3339 or a date')
    .option('--to <time>', 'RFC 3339 or a date')
    .option('--json', 'one JSON object an organization', false)
    .action(async (given: { org?: string; from?: string; to?: string; json: boolean }) =>
      (await import('./commands/aggregate.js')).aggregateCommand(shell, given),
    );
}

function addCircuits(root: Command, shell: Shell): void {
  const circuits = root.command('circuits').description('what circuits are, and which one goes on as which');
  const orgOption = (): Option => new Option('--org <id>', 'organization').default('default');
  circuits
    .command('list')
    .description('ids, sites, names, roles, providers and bandwidths')
    .addOption(orgOption())
    .option('--json', 'one JSON object a circuit', false)
    .action(async (given: { org: string; json: boolean }) =>
      (await import('./commands/circuits.js')).listCircuitsCommand(shell, given),
    );
  circuits
    .command('import')
    .description('load names, roles, providers and bandwidths: the columns of "import circuits"')
    .argument('<file>', '.csv or .ndjson')
    .addOption(orgOption())
    .option('--json', 'print the outcome as JSON', false)
    .action(async (file: string, given: { org: string; json: boolean }) =>
      (await import('./commands/import.js')).importCommand(shell, 'circuits', file, given),
    );
  circuits
    .command('link')
    .description('the circuit of a replaced gateway goes on under its new port')
    .argument('<old>', 'mac:port that was replaced')
    .argument('<new>', 'mac:port that carries on')
    .addOption(orgOption())
    .option('--force', 'also where both were seen at the same time', false)
    .option('--at <time>', 'when the change was, RFC 3339; default the first observation of the new port')
    .option('--dry-run', 'say what would move', false)
    .option('--json', 'print the outcome as JSON', false)
    .action(
      async (old: string, fresh: string, given: { org: string; force: boolean; dryRun: boolean; at?: string; json: boolean }) =>
        (await import('./commands/circuits.js')).linkCircuitsCommand(shell, old, fresh, given),
    );
  circuits
    .command('unlink')
    .description('an earlier port is in use again and becomes a circuit of its own')
    .argument('<id>', 'mac:port')
    .addOption(orgOption())
    .option('--json', 'print the outcome as JSON', false)
    .action(async (id: string, given: { org: string; json: boolean }) =>
      (await import('./commands/circuits.js')).unlinkCircuitCommand(shell, id, given),
    );
}

const collectText = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function addAlerting(root: Command, shell: Shell): void {
  const orgOption = (): Option => new Option('--org <id>', 'organization').default('default');
  root
    .command('explain')
    .description('the story of an alert: what was seen, who was told, or why nobody was')
    .argument('<what>', 'number of an alert, id of a site, or mac:port of a circuit')
    .addOption(orgOption())
    .option('--json', 'print the lines as JSON', false)
    .action(async (what: string, given: { org: string; json: boolean }) =>
      (await import('./commands/explain.js')).explainCommand(shell, what, given),
    );
  root
    .command('replay')
    .description('try other rules, thresholds or policies on what is stored, beside what there was')
    .addOption(orgOption())
    .requiredOption('--from <time>', 'RFC 3339')
    .requiredOption('--to <time>', 'RFC 3339')
    .option(
      '--rules <file>',
      'what would have fired: a file with a section "rules", "thresholds" or both, as in the configuration',
    )
    .option(
      '--routing <file>',
      'who would have been told: a file with any of the sections policies, rotas, people, alerts, silences',
    )
    .option('--json', 'print the outcome as JSON', false)
    .action(async (given: ReplayOptions) => (await import('./commands/replay.js')).replayCommand(shell, given));
  const silence = root.command('silence').description('tell nobody of what matches, for some time');
  silence
    .command('add')
    .addOption(orgOption())
    .requiredOption('--match <key=value>', 'as in sites=site-1 or rules=sle; may be repeated', collectText, [])
    .requiredOption('--reason <text>', 'why')
    .requiredOption('--hours <n>', 'how long')
    .option('--owner <name>', 'who answers for it', 'cli')
    .action(async (given: { org: string; match: string[]; reason: string; hours: string; owner: string }) =>
      (await import('./commands/silence.js')).addSilenceCommand(shell, given),
    );
  silence
    .command('list')
    .addOption(orgOption())
    .action(async (given: { org: string }) => (await import('./commands/silence.js')).listSilencesCommand(shell, given));
  silence
    .command('end')
    .argument('<id>')
    .addOption(orgOption())
    .action(async (id: string, given: { org: string }) =>
      (await import('./commands/silence.js')).endSilenceCommand(shell, id, given),
    );
}

function addDeliveries(root: Command, shell: Shell): void {
  root
    .command('deliveries')
    .description('notices that were given up')
    .option('--org <id>', 'organization', 'default')
    .option('--dead', 'list them: whom, when, and what the receiver said last', false)
    .option('--replay <id>', 'try one again, for a day from now')
    .action(async (given: { org: string; dead: boolean; replay?: string }) =>
      (await import('./commands/deliveries.js')).deliveriesCommand(shell, given),
    );
}

function addAdministration(root: Command, shell: Shell, stopped: AbortSignal): void {
  const config = root.command('config').description('look at the configuration file (CONFIG_FILE)');
  config
    .command('check')
    .description('list every fault')
    .action(() => checkConfigCommand(shell));
  config
    .command('print')
    .description('print what is in force, secrets hidden')
    .action(() => printConfigCommand(shell));
  addChannels(root, shell);
  const keys = root.command('keys').description('API keys');
  keys
    .command('create')
    .description('make a key and print it, once')
    .requiredOption('--org <id>', 'organization; may be repeated', collectText, [])
    .option('--role <role>', 'viewer, operator or admin', 'viewer')
    .option('--name <name>', 'for the list', 'cli')
    .option('--site-group <id>', 'Mist site group; the key reaches only the sites in one of them; may be repeated', collectText)
    .option('--expires <time>', 'RFC 3339')
    .action(async (given: { org: string[]; role: string; name: string; siteGroup?: string[]; expires?: string }) =>
      (await import('./commands/keys.js')).createKeyCommand(shell, given),
    );
  keys
    .command('list')
    .description('all keys, without their secrets')
    .action(async () => (await import('./commands/keys.js')).listKeysCommand(shell));
  keys
    .command('revoke')
    .argument('<id>')
    .action(async (id: string) => (await import('./commands/keys.js')).revokeKeyCommand(shell, id));
  root
    .command('dead-jobs')
    .description('list jobs that failed for good, or replay them')
    .option('--replay <id>', 'id of one, or "all"')
    .action(async (given: { replay?: string }) =>
      (await import('./commands/dead-jobs.js')).deadJobsCommand(shell, given.replay ?? null),
    );
  root
    .command('mail-catcher')
    .description('a local SMTP server that keeps mails as files and shows them in the browser')
    .option('--smtp-port <n>', 'SMTP port', '1025')
    .option('--web-port <n>', 'HTTP port', '8025')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .action(async (given: { smtpPort: string; webPort: string; host: string }) =>
      (await import('./commands/catch-mail.js')).catchMailCommand(shell, { ...given, stopped }),
    );
}

function addChannels(root: Command, shell: Shell): void {
  const channels = root.command('channels').description('ways to reach people');
  channels
    .command('list')
    .description('all that are configured, and whom they tell')
    .action(async () => (await import('./commands/channels.js')).listChannelsCommand(shell));
  channels
    .command('test')
    .description('send a test message over one')
    .argument('<id>')
    .action(async (id: string) => (await import('./commands/channels.js')).testChannelCommand(shell, id));
}
