import type { ServiceNowSettings } from '@app/shared';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/http-client.js';
import { fieldOf, listOf, textOf } from '../http/json.js';

export interface ServiceNowRecord {
  readonly sysId: string;
  readonly state: number;
  /** Name of the person; `null` = nobody. */
  readonly assignee: string | null;
  /** Id of the notice that it was last changed by. */
  readonly newestNotice: string | null;
}

const FIELDS = 'sys_id,state,assigned_to,correlation_display';

/** The part of ServiceNow's Table API that tickets need. */
export class ServiceNowApi {
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly settings: ServiceNowSettings,
    private readonly http: HttpClient,
  ) {
    const { user, password } = settings;
    this.headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  }

  /** The oldest record with this correlation id; `null` = there is none. */
  async find(correlationId: string): Promise<ServiceNowRecord | null> {
    const query = `correlation_id=${correlationId}^ORDERBYsys_created_on`;
    const answer = await this.send({ method: 'GET', path: '', query: { ...READ, sysparm_query: query, sysparm_limit: '1' } });
    const [record] = listOf(this.http.json(answer), 'result');
    return record === undefined ? null : recordOf(record);
  }

  /** `null` = it is gone. */
  async read(sysId: string): Promise<ServiceNowRecord | null> {
    const answer = await this.send({ method: 'GET', path: `/${encodeURIComponent(sysId)}`, query: READ, accept: [404] });
    return answer.status === 404 ? null : recordOf(fieldOf(this.http.json(answer), 'result'));
  }

  async create(fields: object): Promise<string | null> {
    const answer = await this.send({ method: 'POST', path: '', query: WRITTEN, body: fields });
    return textOf(fieldOf(this.http.json(answer), 'result'), 'sys_id');
  }

  async change(sysId: string, fields: object): Promise<void> {
    const path = `/${encodeURIComponent(sysId)}`;
    // Not for what it says: a page of somebody else is no answer.
    this.http.json(await this.send({ method: 'PATCH', path, query: WRITTEN, body: fields }));
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private send({ path, query, ...request }: Asked): Promise<HttpAnswer> {
    const { baseUrl, table } = this.settings;
    const url = `${baseUrl}/api/now/table/${table}${path}?${new URLSearchParams(query).toString()}`;
    return this.http.send({ ...request, url, headers: this.headers });
  }
}

type Asked = Omit<HttpRequest, 'url' | 'headers'> & { readonly path: string; readonly query: Record<string, string> };

const READ = { sysparm_fields: FIELDS, sysparm_display_value: 'all' };
const WRITTEN = { sysparm_fields: 'sys_id' };

const valueOf = (record: unknown, key: string): string => textOf(fieldOf(record, key), 'value') ?? '';

function recordOf(record: unknown): ServiceNowRecord {
  const assignee = textOf(fieldOf(record, 'assigned_to'), 'display_value') ?? '';
  const newestNotice = valueOf(record, 'correlation_display');
  return {
    sysId: valueOf(record, 'sys_id'),
    state: Number(valueOf(record, 'state')),
    assignee: assignee === '' ? null : assignee,
    newestNotice: newestNotice === '' ? null : newestNotice,
  };
}
