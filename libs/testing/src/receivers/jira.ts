import { startHttpReceiver, type GivenAnswer, type HttpReceiver, type ReceivedRequest } from '../http-receiver.js';
import { at, listAt, parseJson, textAt } from './json.js';

export interface JiraTicket {
  readonly key: string;
  readonly fields: Record<string, unknown>;
  status: 'To Do' | 'In Progress' | 'Done';
  assignee: string | null;
  /** Documents, the oldest first. */
  readonly comments: unknown[];
}

export interface FakeJira extends HttpReceiver {
  readonly email: string;
  readonly token: string;
  readonly tickets: Map<string, JiraTicket>;
  /** Fields that cannot be edited, as on a screen that lacks them. */
  readonly fixedFields: Set<string>;
  /** Texts of descriptions and comments in the order of their arrival. */
  readonly texts: readonly string[];
}

const EMAIL = 'bot@example.com';
const TOKEN = 'hook-secret-jira-token';
const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];
const MAX_DOCUMENT = 32_767;

/** The part of Jira Cloud that tickets need, with the project NET and a workflow of three states. */
export async function startFakeJira(): Promise<FakeJira> {
  const project = new Project();
  const receiver = await startHttpReceiver((request) => project.answer(request));
  const { tickets, fixedFields, texts } = project;
  return { ...receiver, email: EMAIL, token: TOKEN, tickets, fixedFields, texts };
}

const AUTHORIZATION = `Basic ${Buffer.from(`${EMAIL}:${TOKEN}`).toString('base64')}`;
const TRANSITIONS = [
  { id: '21', name: 'Start', to: 'In Progress' },
  { id: '31', name: 'Resolve', to: 'Done' },
] as const;

const invalid = (errors: Record<string, string>): GivenAnswer => ({ status: 400, body: { errorMessages: [], errors } });
const GONE: GivenAnswer = {
  status: 404,
  body: { errorMessages: ['Issue does not exist or you do not have permission to see it.'] },
};

class Project {
  readonly tickets = new Map<string, JiraTicket>();
  readonly fixedFields = new Set<string>();
  readonly texts: string[] = [];

  answer({ method, path, headers, body }: ReceivedRequest): GivenAnswer {
    if (headers.authorization !== AUTHORIZATION)
      return { status: 401, body: 'Client must be authenticated to access this resource.' };
    const [, key, part] = /^\/rest\/api\/3\/issue\/([A-Z]+-\d+)(?:\/(\w+))?/.exec(path) ?? [];
    const said = parseJson(body);
    if (path === '/rest/api/3/search/jql') return this.search(textAt(said, 'jql'));
    if (path === '/rest/api/3/issue' && method === 'POST') return this.create(at(said, 'fields'));
    const ticket = this.tickets.get(key ?? '');
    return ticket === undefined ? GONE : this.ofTicket(ticket, `${method} ${part ?? ''}`.trim(), said);
  }

  private ofTicket(ticket: JiraTicket, what: string, said: unknown): GivenAnswer {
    switch (what) {
      case 'GET':
        return { status: 200, body: shown(ticket) };
      case 'PUT':
        return this.edit(ticket, at(said, 'fields'));
      case 'GET comment':
        return {
          status: 200,
          body: {
            comments: [...ticket.comments]
              .reverse()
              .slice(0, 20)
              .map((body) => ({ body })),
          },
        };
      case 'POST comment':
        return this.comment(ticket, at(said, 'body'));
      case 'GET transitions':
        return {
          status: 200,
          body: {
            transitions: ticket.status === 'Done' ? [] : TRANSITIONS.map(({ id, name, to }) => ({ id, name, to: statusOf(to) })),
          },
        };
      case 'POST transitions':
        return move(ticket, textAt(said, 'transition', 'id'));
      default:
        return { status: 405 };
    }
  }

  private search(jql: string): GivenAnswer {
    const label = /^project = "NET" AND labels = "([^"]+)" ORDER BY created ASC$/.exec(jql)?.[1];
    if (label === undefined) return invalid({ jql: 'cannot be parsed' });
    const found = [...this.tickets.values()].filter(({ fields }) => listAt(fields, 'labels').includes(label));
    return { status: 200, body: { issues: found.slice(0, 1).map(shown) } };
  }

  private create(fields: unknown): GivenAnswer {
    const summary = textAt(fields, 'summary');
    if (textAt(fields, 'project', 'key') !== 'NET') return invalid({ project: 'valid project is required' });
    if (textAt(fields, 'issuetype', 'name') !== 'Task') return invalid({ issuetype: 'Specify a valid issue type' });
    if (summary === '' || summary.length > 255 || /[\r\n]/.test(summary))
      return invalid({ summary: 'Summary must be one line of at most 255 characters' });
    if (listAt(fields, 'labels').some((label) => typeof label !== 'string' || /\s/.test(label)))
      return invalid({ labels: 'no spaces' });
    const fault = priorityFault(fields) ?? documentFault(at(fields, 'description'));
    if (fault !== null) return invalid({ fields: fault });
    const key = `NET-${this.tickets.size + 1}`;
    this.tickets.set(key, { key, fields: { ...(fields as object) }, status: 'To Do', assignee: null, comments: [] });
    this.texts.push(JSON.stringify(at(fields, 'description')));
    return { status: 201, body: { id: '1', key } };
  }

  private edit(ticket: JiraTicket, fields: unknown): GivenAnswer {
    const fixed = Object.keys(Object(fields) as object).filter((name) => this.fixedFields.has(name));
    if (fixed.length > 0) return invalid(Object.fromEntries(fixed.map((name) => [name, `Field '${name}' cannot be set.`])));
    if (priorityFault(fields) !== null) return invalid({ priority: 'not valid' });
    Object.assign(ticket.fields, fields);
    return { status: 204 };
  }

  private comment(ticket: JiraTicket, document: unknown): GivenAnswer {
    const fault = documentFault(document);
    if (fault !== null) return invalid({ comment: fault });
    ticket.comments.push(document);
    this.texts.push(JSON.stringify(document));
    return { status: 201, body: { id: String(ticket.comments.length) } };
  }
}

const statusOf = (name: JiraTicket['status']): object => ({ name, statusCategory: { key: name === 'Done' ? 'done' : 'new' } });

const shown = ({ key, fields, status, assignee }: JiraTicket): object => ({
  key,
  fields: { ...fields, status: statusOf(status), assignee: assignee === null ? null : { displayName: assignee } },
});

function move(ticket: JiraTicket, id: string): GivenAnswer {
  const to = TRANSITIONS.find((transition) => transition.id === id)?.to;
  if (to === undefined) return invalid({ transition: 'not valid' });
  ticket.status = to;
  return { status: 204 };
}

function priorityFault(fields: unknown): string | null {
  const name = at(fields, 'priority', 'name');
  return name === undefined || (typeof name === 'string' && PRIORITIES.includes(name)) ? null : 'priority is not valid';
}

/** What Jira finds wrong with a document; `null` = nothing. */
function documentFault(document: unknown): string | null {
  if (textAt(document, 'type') !== 'doc' || at(document, 'version') !== 1) return 'is no document';
  let length = 0;
  const isValid = (node: unknown): boolean => {
    if (textAt(node, 'type') === 'text') length += textAt(node, 'text').length;
    return textAt(node, 'type') === 'text' ? textAt(node, 'text') !== '' : listAt(node, 'content').every(isValid);
  };
  return listAt(document, 'content').every(isValid) && length <= MAX_DOCUMENT ? null : 'is not a valid document';
}
