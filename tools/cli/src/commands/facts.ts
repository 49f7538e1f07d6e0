import { resolve } from 'node:path';
import { bucketOf, parseLocalTime, type Bucket } from '@app/domain';
import { clockOf, keptSince, reportingZone, requireOrg, writeFactDay, writingFactsAlone } from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface FactsOptions {
  readonly org: string;
  /** A local day of the organization, as 2026-03-01. */
  readonly day: string;
  readonly out: string;
  readonly json: boolean;
}

/** `mistwatch facts`: the tables of one day as files for a warehouse, whatever stands there. */
export async function factsCommand(shell: Shell, { org: externalId, day: asked, out, json }: FactsOptions): Promise<void> {
  await withServers(shell, async (servers) => {
    const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    const now = clockOf(env.clockFile).now();
    await withDatabase(servers.databaseUrl, async (database) => {
      const { id } = await requireOrg(database, externalId);
      const zone = await reportingZone(database, id);
      const day = dayOf(asked, zone, { since: keptSince(now, settings.retention), now });
      const org = { id, externalId, zone };
      const manifest = await writingFactsAlone(database, id, () =>
        writeFactDay(database, { org, day, folder: resolve(out), now }),
      );
      if (manifest === null)
        throw new ExitError(`Facts of ${externalId} are being written by another process. Try again when it is done.`, 1);
      if (json) shell.print(JSON.stringify(manifest));
      else for (const { file, rows, bytes } of manifest.files) shell.print(`${file}: ${rows} rows, ${bytes} bytes`);
    });
  });
}

/** A day that is over, and whose facts are kept. */
function dayOf(text: string, zone: string, { since, now }: { since: number; now: number }): Bucket {
  const noon = parseLocalTime(`${text}T12:00`, zone);
  if (noon === null) throw new ExitError(`--day "${text}" is no day. Write one such as 2026-03-01.`, 2);
  const day = bucketOf(noon, 'day', zone);
  if (day.to > now) throw new ExitError(`--day: ${text} is not over in ${zone}.`, 2);
  if (day.from < since)
    throw new ExitError(
      `--day: facts are kept since ${new Date(since).toISOString().slice(0, 10)} (retention.historyMonths).`,
      2,
    );
  return day;
}
