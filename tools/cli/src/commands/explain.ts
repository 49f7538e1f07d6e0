import { explainAlert, explainSubject, type StoryLine } from '@app/domain';
import {
  clockOf,
  findOrg,
  loadAlertStory,
  loadSubjectStory,
  ruleBookOf,
  type AskedSubject,
  type Database,
  type Settings,
} from '@app/shared';
import { configured, withDatabase, type Shell } from './context.js';
import { ExitError } from './exit-error.js';
import { withServers } from './servers.js';

export interface ExplainOptions {
  readonly org: string;
  readonly json: boolean;
}

interface Question {
  readonly database: Database;
  readonly settings: Settings;
  readonly orgId: number;
  readonly now: number;
}

/** `mistwatch explain`: the story of an alert by its number, or why there is one or none about a site or a circuit. */
export async function explainCommand(shell: Shell, what: string, options: ExplainOptions): Promise<void> {
  await withServers(shell, async (servers) => {
    const { env, settings } = configured({ ...shell, variables: { ...shell.variables, ...servers.variables } });
    await withDatabase(servers.databaseUrl, async (database) => {
      const org = await findOrg(database, options.org);
      if (org === null) throw new ExitError(`There is no organization ${JSON.stringify(options.org)}.`, 2);
      const lines = await explained({ database, settings, orgId: org.id, now: clockOf(env.clockFile).now() }, what);
      if (options.json) shell.print(JSON.stringify({ lines }));
      else for (const line of lines) shell.print(textOf(line));
    });
  });
}

const textOf = ({ at, text }: StoryLine): string =>
  at === null ? text : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}  ${text}`;

const MAX_ID_DIGITS = 15;

async function explained(question: Question, what: string): Promise<StoryLine[]> {
  const { database, settings, orgId, now } = question;
  if (/^\d+$/.test(what) && what.length <= MAX_ID_DIGITS) {
    const story = await loadAlertStory(database, orgId, Number(what));
    if (story !== null) return explainAlert(story);
  }
  const asked = await subjectOf(question, what);
  if (asked === null) throw new ExitError(`There is no alert, site or circuit (mac:port) ${JSON.stringify(what)}.`, 2);
  const book = ruleBookOf(settings);
  const disabledRules = book.ids.filter((id) => !book.isAnywhere(id));
  return explainSubject({ ...(await loadSubjectStory(database, orgId, { ...asked, now })), disabledRules }, now);
}

/** A site by its id, or a circuit by any port that is or was its own. */
async function subjectOf({ database, orgId }: Question, what: string): Promise<AskedSubject | null> {
  const [found] = await database.query<{ siteId: number; circuitId: number | null }>(
    `select id as "siteId", null::int as "circuitId" from site where org_id = $1 and external_id = $2
     union all
     select site_id, id from circuit where org_id = $1 and mac || ':' || port_id = $2
     union all
     select c.site_id, c.id from circuit_alias a join circuit c on c.org_id = a.org_id and c.id = a.circuit_id
       where a.org_id = $1 and a.released_at is null and a.mac || ':' || a.port_id = $2 limit 1`,
    [orgId, what],
  );
  return found ?? null;
}
