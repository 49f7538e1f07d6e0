import { startHttpReceiver, type GivenAnswer, type HttpReceiver } from '../http-receiver.js';
import { listAt, parseJson, textAt } from './json.js';

export interface PagerDutyAlert {
  status: 'triggered' | 'acknowledged' | 'resolved';
  severity: string;
  summary: string;
}

export interface FakePagerDuty extends HttpReceiver {
  readonly eventsUrl: string;
  readonly routingKey: string;
  /** By dedup key. */
  readonly alerts: ReadonlyMap<string, PagerDutyAlert>;
  /** Every event that was taken. */
  readonly events: readonly unknown[];
}

const ROUTING_KEY = 'hook-secret-routing-key-0123456789';
const SEVERITIES = ['critical', 'error', 'warning', 'info'];
const MAX_BYTES = 512_000;

/** Events API v2 for one service: an event of a known dedup key renews the alert, a resolved one begins again. */
export async function startFakePagerDuty(): Promise<FakePagerDuty> {
  const alerts = new Map<string, PagerDutyAlert>();
  const events: unknown[] = [];
  const receiver = await startHttpReceiver(({ body }) => {
    const event = parseJson(body);
    const fault = body.length > MAX_BYTES ? 'Event object is too large' : faultOf(event);
    if (fault !== null) return invalid(fault);
    events.push(event);
    apply(alerts, event);
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: textAt(event, 'dedup_key') } };
  });
  return { ...receiver, eventsUrl: `${receiver.url}/v2/enqueue`, routingKey: ROUTING_KEY, alerts, events };
}

const invalid = (error: string): GivenAnswer => ({
  status: 400,
  body: { status: 'invalid event', message: 'Event object is invalid', errors: [error] },
});

function faultOf(event: unknown): string | null {
  if (textAt(event, 'routing_key') !== ROUTING_KEY) return "'routing_key' is invalid";
  const action = textAt(event, 'event_action');
  const key = textAt(event, 'dedup_key');
  if (key.length === 0 || key.length > 255) return "'dedup_key' has the wrong length";
  if (action === 'acknowledge' || action === 'resolve') return null;
  if (action !== 'trigger') return "'event_action' is invalid";
  const [summary, source] = [textAt(event, 'payload', 'summary'), textAt(event, 'payload', 'source')];
  if (summary === '' || summary.length > 1_024) return "'payload.summary' has the wrong length";
  if (source === '') return "'payload.source' is missing or blank";
  if (!SEVERITIES.includes(textAt(event, 'payload', 'severity'))) return "'payload.severity' is invalid";
  return listAt(event, 'links').every((link) => textAt(link, 'href').startsWith('http')) ? null : "'links' is invalid";
}

function apply(alerts: Map<string, PagerDutyAlert>, event: unknown): void {
  const key = textAt(event, 'dedup_key');
  const known = alerts.get(key);
  const action = textAt(event, 'event_action');
  if (action === 'trigger') {
    const isOpen = known !== undefined && known.status !== 'resolved';
    const [severity, summary] = [textAt(event, 'payload', 'severity'), textAt(event, 'payload', 'summary')];
    alerts.set(key, { status: isOpen ? known.status : 'triggered', severity, summary });
  } else if (known !== undefined && known.status !== 'resolved') {
    known.status = action === 'resolve' ? 'resolved' : 'acknowledged';
  }
}
