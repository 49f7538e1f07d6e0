import { startHttpReceiver, type GivenAnswer, type HttpReceiver, type ReceivedRequest } from '../http-receiver.js';
import { parseJson } from './json.js';

export interface ServiceNowTicket {
  readonly fields: Record<string, string>;
  /** The oldest first. */
  readonly workNotes: string[];
}

export interface FakeServiceNow extends HttpReceiver {
  readonly user: string;
  readonly password: string;
  /** By sys_id. */
  readonly tickets: Map<string, ServiceNowTicket>;
  /** `correlation_display` of every write, in the order of arrival. */
  readonly notices: readonly string[];
}

const USER = 'bot';
const PASSWORD = 'hook-secret-servicenow-password';
const AUTHORIZATION = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
const MAX_LENGTHS: Readonly<Record<string, number>> = {
  short_description: 160,
  description: 4_000,
  work_notes: 4_000,
  correlation_id: 100,
  correlation_display: 100,
};

/** The Table API of incidents. Unlike the real one it refuses texts that it would cut, so that a spec sees them. */
export async function startFakeServiceNow(): Promise<FakeServiceNow> {
  const table = new Table();
  const receiver = await startHttpReceiver((request) => table.answer(request));
  return { ...receiver, user: USER, password: PASSWORD, tickets: table.tickets, notices: table.notices };
}

const failed = (status: number, message: string): GivenAnswer => ({
  status,
  body: { error: { message, detail: null }, status: 'failure' },
});

class Table {
  readonly tickets = new Map<string, ServiceNowTicket>();
  readonly notices: string[] = [];

  answer({ method, path, headers, body }: ReceivedRequest): GivenAnswer {
    if (headers.authorization !== AUTHORIZATION) return failed(401, 'User Not Authenticated');
    const { pathname, searchParams } = new URL(path, 'http://localhost');
    const [, sysId] = /^\/api\/now\/table\/incident(?:\/(\w+))?$/.exec(pathname) ?? [null, null];
    if (sysId === null) return failed(400, 'Invalid table');
    if (sysId === undefined && method === 'GET') return this.find(searchParams.get('sysparm_query') ?? '');
    const said = (parseJson(body) ?? {}) as Record<string, unknown>;
    const tooLong = Object.entries(said).find(
      ([name, value]) => typeof value !== 'string' || value.length > (MAX_LENGTHS[name] ?? 4_000),
    );
    if (tooLong !== undefined) return failed(400, `${tooLong[0]} is no text or too long`);
    if (sysId === undefined) return this.create(said as Record<string, string>);
    const ticket = this.tickets.get(sysId);
    if (ticket === undefined) return failed(404, 'No Record found');
    return method === 'GET'
      ? { status: 200, body: { result: shown(sysId, ticket) } }
      : this.change(sysId, ticket, said as Record<string, string>);
  }

  private find(query: string): GivenAnswer {
    const wanted = /^correlation_id=([^^]+)\^ORDERBYsys_created_on$/.exec(query)?.[1];
    const found = [...this.tickets].filter(([, { fields }]) => fields['correlation_id'] === wanted);
    return { status: 200, body: { result: found.slice(0, 1).map(([sysId, ticket]) => shown(sysId, ticket)) } };
  }

  private create(fields: Record<string, string>): GivenAnswer {
    const sysId = (this.tickets.size + 1).toString(16).padStart(32, '0');
    this.tickets.set(sysId, { fields: { state: '1', ...fields }, workNotes: [] });
    this.notices.push(fields['correlation_display'] ?? '');
    return { status: 201, body: { result: { sys_id: sysId } } };
  }

  private change(sysId: string, ticket: ServiceNowTicket, { work_notes: note, ...fields }: Record<string, string>): GivenAnswer {
    if (Number(fields['state']) >= 6 && (fields['close_code'] ?? '') === '')
      return failed(403, 'Data Policy Exception: Close code is mandatory');
    Object.assign(ticket.fields, fields);
    if (note !== undefined) ticket.workNotes.push(note);
    this.notices.push(fields['correlation_display'] ?? '');
    return { status: 200, body: { result: { sys_id: sysId } } };
  }
}

const shown = (sysId: string, { fields }: ServiceNowTicket): object =>
  Object.fromEntries(
    Object.entries({ assigned_to: '', correlation_display: '', ...fields, sys_id: sysId }).map(([name, value]) => [
      name,
      { value, display_value: value },
    ]),
  );
