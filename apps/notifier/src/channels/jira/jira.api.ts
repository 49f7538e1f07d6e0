import type { JiraSettings } from '@app/shared';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/http-client.js';
import { fieldOf, listOf, textOf } from '../http/json.js';

export interface JiraIssue {
  readonly isDone: boolean;
  readonly assignee: string | null;
  readonly description: unknown;
}

export interface JiraTransition {
  readonly id: string;
  readonly name: string;
  readonly to: string;
  readonly leadsToDone: boolean;
}

/** So many of the newest comments are looked through for a notice that may be there already. */
const NEWEST_COMMENTS = 20;

const isDone = (status: unknown): boolean => textOf(fieldOf(status, 'statusCategory'), 'key') === 'done';

/** The part of Jira Cloud's REST API that tickets need. */
export class JiraApi {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly settings: JiraSettings,
    private readonly http: HttpClient,
  ) {
    const { email, token } = settings;
    this.headers = { authorization: `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}` };
  }

  /** Key of the first ticket of a project with a label; `null` = there is none. */
  async find(project: string, label: string): Promise<string | null> {
    const jql = `project = "${project}" AND labels = "${label}" ORDER BY created ASC`;
    const body = await this.json({ method: 'POST', path: 'search/jql', body: { jql, fields: ['status'], maxResults: 1 } });
    return textOf(listOf(body, 'issues')[0], 'key');
  }

  async create(fields: object): Promise<string | null> {
    return textOf(await this.json({ method: 'POST', path: 'issue', body: { fields } }), 'key');
  }

  /** `null` = it is gone. */
  async issue(key: string): Promise<JiraIssue | null> {
    const answer = await this.send({ method: 'GET', path: `${pathOf(key)}?fields=status,assignee,description`, accept: [404] });
    if (answer.status === 404) return null;
    const fields = fieldOf(this.http.json(answer), 'fields');
    const assignee = textOf(fieldOf(fields, 'assignee'), 'displayName');
    return { isDone: isDone(fieldOf(fields, 'status')), assignee, description: fieldOf(fields, 'description') };
  }

  newestComments(key: string): Promise<unknown> {
    return this.json({ method: 'GET', path: `${pathOf(key)}/comment?orderBy=-created&maxResults=${NEWEST_COMMENTS}` });
  }

  async comment(key: string, body: object): Promise<void> {
    await this.send({ method: 'POST', path: `${pathOf(key)}/comment`, body: { body } });
  }

  /** What Jira has against the change; `null` = it is made. */
  async change(key: string, fields: object): Promise<string | null> {
    const answer = await this.send({ method: 'PUT', path: pathOf(key), body: { fields }, accept: [400] });
    return answer.status === 400 ? answer.text : null;
  }

  async transitions(key: string): Promise<JiraTransition[]> {
    const body = await this.json({ method: 'GET', path: `${pathOf(key)}/transitions` });
    return listOf(body, 'transitions').map((transition) => {
      const to = fieldOf(transition, 'to');
      const [id, name] = [textOf(transition, 'id') ?? '', textOf(transition, 'name') ?? ''];
      return { id, name, to: textOf(to, 'name') ?? '', leadsToDone: isDone(to) };
    });
  }

  async transition(key: string, id: string): Promise<void> {
    await this.send({ method: 'POST', path: `${pathOf(key)}/transitions`, body: { transition: { id } } });
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private async json(request: Asked): Promise<unknown> {
    return this.http.json(await this.send(request));
  }

  private send({ path, ...request }: Asked): Promise<HttpAnswer> {
    return this.http.send({ ...request, url: `${this.settings.baseUrl}/rest/api/3/${path}`, headers: this.headers });
  }
}

type Asked = Omit<HttpRequest, 'url' | 'headers'> & { readonly path: string };

const pathOf = (key: string): string => `issue/${encodeURIComponent(key)}`;
