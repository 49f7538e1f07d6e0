import { clockOf, deadDeliveries, findOrg, replayDelivery, type Database } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface DeliveriesOptions {
  readonly org: string;
  readonly dead: boolean;
  /** Id of the one to try again. */
  readonly replay?: string;
}

interface Context {
  readonly database: Database;
  readonly orgId: number;
  readonly now: number;
}

const MOST = 1_000;

/** `mistwatch deliveries --dead` lists what was given up, one JSON object a line; `--replay ID` has one tried again. */
export async function deliveriesCommand(shell: Shell, options: DeliveriesOptions): Promise<void> {
  const { org, dead, replay } = options;
  if (dead === (replay !== undefined)) throw new ExitError('Give either --dead, which lists, or --replay ID.', 2);
  await onOrg(shell, org, (context) => (replay === undefined ? list(shell, context) : putBack(shell, context, replay)));
}

async function list(shell: Shell, { database, orgId }: Context): Promise<void> {
  for (const delivery of await deadDeliveries(database, orgId, MOST)) shell.print(JSON.stringify(delivery));
}

async function putBack(shell: Shell, { database, orgId, now }: Context, given: string): Promise<void> {
  const outcome = /^\d{1,15}$/.test(given)
    ? await replayDelivery(database, orgId, Number(given), { at: new Date(now), actor: 'cli' })
    : 'not-found';
  if (outcome === 'not-found')
    throw new ExitError(`There is no delivery ${given}. "mistwatch deliveries --dead" lists those that were given up.`, 2);
  if (outcome === 'not-dead') throw new ExitError(`Delivery ${given} was not given up: there is nothing to try again.`, 2);
  shell.print(`Delivery ${given} is due: the notifier tries it within seconds, and for a day from now.`);
}

async function onOrg(shell: Shell, externalId: string, work: (context: Context) => Promise<void>): Promise<void> {
  await withServers(shell, async (servers) => {
    const { env } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    await withDatabase(servers.databaseUrl, async (database) => {
      const org = await findOrg(database, externalId);
      if (org === null) throw new ExitError(`There is no organization ${JSON.stringify(externalId)}.`, 2);
      await work({ database, orgId: org.id, now: clockOf(env.clockFile).now() });
    });
  });
}
