import type { SimClock } from '../clock.js';
import type { Feed } from '../events/feed.js';
import { numberOf, uuidOf } from '../random.js';
import type { Org, World } from '../world/nouns.js';
import { messagesOf, type Message } from './messages.js';
import { signatureHeaders } from './signature.js';

/** A hook as the API reads and writes it. */
export interface Webhook {
  readonly id: string;
  readonly org_id: string;
  readonly created_time: number;
  readonly modified_time: number;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly secret: string | null;
  readonly enabled: boolean;
  readonly verify_cert: boolean;
  readonly topics: readonly string[];
  readonly headers: Readonly<Record<string, string>> | null;
}

/** One attempt to deliver; the API publishes these for some topics only. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly orgId: string;
  readonly topic: string;
  readonly atMs: number;
  readonly url: string;
  readonly body: string;
  readonly statusCode: number | null;
  readonly error: string | null;
}

const KEPT = 1000;
const DELIVERY_TIMEOUT_MS = 10_000;

/** Hooks per organisation; tells them what happened whenever the clock has moved. */
export class Webhooks {
  private readonly hooks = new Map<string, Webhook>();
  private pending: Promise<void> = Promise.resolve();
  private toldUntilMs: number;
  deliveries: readonly Delivery[] = [];

  constructor(
    private readonly world: World,
    private readonly clock: SimClock,
    private readonly feed: Feed,
  ) {
    this.toldUntilMs = clock.now() + 1;
  }

  list(orgId: string): readonly Webhook[] {
    return [...this.hooks.values()].filter((hook) => hook.org_id === orgId);
  }

  get(orgId: string, id: string): Webhook | null {
    const hook = this.hooks.get(id);
    return hook?.org_id === orgId ? hook : null;
  }

  create(orgId: string, fields: Omit<Webhook, 'id' | 'org_id' | 'created_time' | 'modified_time'>): Webhook {
    const at = Math.floor(this.clock.now() / 1000);
    const id = uuidOf(this.world.seed, numberOf(orgId), this.hooks.size, at, 96);
    const hook = { ...fields, id, org_id: orgId, created_time: at, modified_time: at };
    this.hooks.set(id, hook);
    return hook;
  }

  update(hook: Webhook, fields: Partial<Webhook>): Webhook {
    const changed = { ...hook, ...fields, id: hook.id, org_id: hook.org_id, modified_time: Math.floor(this.clock.now() / 1000) };
    this.hooks.set(hook.id, changed);
    return changed;
  }

  remove(hook: Webhook): void {
    this.hooks.delete(hook.id);
  }

  /** Sends a `ping` to one hook. */
  ping(hook: Webhook, siteId: string): Promise<void> {
    const atMs = this.clock.now();
    const event = { id: uuidOf(this.world.seed, atMs / 1000, 97), name: hook.name, site_id: siteId, timestamp: atMs / 1000 };
    return this.deliver(hook, { topic: 'ping', events: [event] });
  }

  /** Delivers everything that happened up to now; deliveries keep their order. */
  flush(): Promise<void> {
    const [fromMs, toMs] = [this.toldUntilMs, this.clock.now() + 1];
    this.toldUntilMs = Math.max(fromMs, toMs);
    if (toMs > fromMs && this.hooks.size > 0) {
      for (const org of this.world.orgs) this.pending = this.pending.then(() => this.tell(org, fromMs, toMs));
    }
    return this.pending;
  }

  private async tell(org: Org, fromMs: number, toMs: number): Promise<void> {
    const hooks = this.list(org.id).filter((hook) => hook.enabled);
    if (hooks.length === 0) return;
    for (const message of messagesOf(this.feed, org, { fromMs, toMs })) {
      for (const hook of hooks.filter(({ topics }) => topics.includes(message.topic))) await this.deliver(hook, message);
    }
  }

  private async deliver(hook: Webhook, message: Message): Promise<void> {
    const body = JSON.stringify(message);
    const headers = { 'content-type': 'application/json', ...hook.headers, ...signatureHeaders(hook.secret, body) };
    const outcome = await fetch(hook.url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    }).then(
      async (response) => ({ statusCode: (await response.arrayBuffer(), response.status), error: null }),
      (error: unknown) => ({ statusCode: null, error: error instanceof Error ? error.message : String(error) }),
    );
    const atMs = this.clock.now();
    const id = uuidOf(this.world.seed, numberOf(hook.id), numberOf(body), this.deliveries.length, 98);
    const delivery = { id, webhookId: hook.id, orgId: hook.org_id, topic: message.topic, atMs, url: hook.url, body, ...outcome };
    this.deliveries = [...this.deliveries.slice(-KEPT), delivery];
  }
}
