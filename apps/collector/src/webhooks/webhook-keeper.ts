import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { findWebhooks, newWebhook, webhookIdOf, type FoundWebhook, type WantedWebhook } from '@app/mist';
import { CLOCK, PermanentError, TransientError, type Clock } from '@app/shared';
import { MistClients } from '../mist/mist-clients.js';
import type { MistClient } from '../mist/mist.client.js';
import { numberedPages } from '../mist/paging.js';
import { OrgDirectory, type CollectedOrg } from '../orgs/org-directory.js';
import { WebhookStates, type Claim } from './webhooks.repository.js';

const PAGE_SIZE = 100;

interface Outcome {
  readonly outcome: 'fine' | 'created' | 'repaired';
  readonly mistId: string | null;
  readonly reason: string | null;
}

const keyOf = ({ url, secret }: WantedWebhook): string =>
  createHash('sha256')
    .update(JSON.stringify([newWebhook({ url, secret })]))
    .digest('hex');

/** Creates, checks and repairs the webhooks in Mist of the orgs that want it. */
@Injectable()
export class WebhookKeeper {
  private readonly logger = new Logger(WebhookKeeper.name);

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly clients: MistClients,
    private readonly states: WebhookStates,
    private readonly orgs: OrgDirectory,
  ) {}

  /** One org after another; what fails is noted and comes again, and holds back no poll. */
  async keep(): Promise<void> {
    for (const org of await this.orgs.list()) if (org.source.webhook !== null) await this.check(org, org.source.webhook);
  }

  private async check(org: CollectedOrg, wanted: WantedWebhook): Promise<void> {
    const wantedKey = keyOf(wanted);
    const claim = await this.states.claim(org.rowId, wantedKey, this.clock.now());
    if (claim === null) return;
    const client = this.clients.open(org.source, null);
    const path = `/api/v1/orgs/${encodeURIComponent(org.id)}/webhooks`;
    try {
      const done = await putRight(client, path, { wanted, claim });
      await this.states.note(org.rowId, { ...done, wantedKey, now: this.clock.now() });
      if (done.outcome !== 'fine')
        this.logger.log({ message: `The webhook in Mist was ${done.outcome}`, orgId: org.id, reason: done.reason });
    } catch (error) {
      if (!(error instanceof PermanentError || error instanceof TransientError)) throw error;
      const reason = error.code === 'MIST_FORBIDDEN' ? `${error.message}. ${MEND}` : error.message;
      await this.states.note(org.rowId, { outcome: 'failed', mistId: null, reason, wantedKey, now: this.clock.now() });
      this.logger.error({ message: `The webhook in Mist could not be checked: ${reason}`, code: error.code, orgId: org.id });
    }
  }
}

const MEND = 'Managing the webhook needs write access; or create it in Mist by hand and set webhook.manage to false';

async function putRight(
  client: MistClient,
  path: string,
  { wanted, claim }: { wanted: WantedWebhook; claim: Claim },
): Promise<Outcome> {
  const rows: unknown[] = [];
  for await (const page of numberedPages(client, { path, pageSize: PAGE_SIZE })) rows.push(...page);
  const [hook, ...others] = findWebhooks(rows, wanted);
  if (hook === undefined) {
    const mistId = webhookIdOf(await client.send('POST', client.url(path), newWebhook(wanted)));
    return { outcome: 'created', mistId, reason: await pinged(client, path, mistId) };
  }
  const faults = [...hook.faults, ...(isSecretStale(hook, claim) ? ['its secret may be another'] : [])];
  const note = others.length === 0 ? null : `${String(others.length + 1)} webhooks in Mist send to this address; keep one`;
  if (faults.length === 0) return { outcome: 'fine', mistId: hook.id, reason: note };
  await client.send('PUT', client.url(`${path}/${encodeURIComponent(hook.id)}`), hook.repair);
  const ping = await pinged(client, path, hook.id);
  return {
    outcome: 'repaired',
    mistId: hook.id,
    reason: [faults.join('; '), note, ping].filter((part) => part !== null).join('; '),
  };
}

/** A secret that Mist does not show is taken for right when it is the one that was put there before. */
const isSecretStale = ({ isSecretHidden }: FoundWebhook, { isUnchanged }: Claim): boolean => isSecretHidden && !isUnchanged;

/** Has Mist send a delivery, to be seen in the inbox. Returns what went wrong, which is no fault of the webhook. */
async function pinged(client: MistClient, path: string, mistId: string | null): Promise<string | null> {
  if (mistId === null) return null;
  try {
    await client.send('POST', client.url(`${path}/${encodeURIComponent(mistId)}/ping`), {});
    return null;
  } catch (error) {
    if (error instanceof PermanentError || error instanceof TransientError) return `Mist did not ping it: ${error.message}`;
    throw error;
  }
}
