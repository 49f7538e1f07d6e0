import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isSignedBy } from '@app/mist';
import { orgSettingsOf, SETTINGS, type OrgSettings, type Settings } from '@app/shared';
import { networkOf } from '../access/address.js';
import { RateLimiter } from '../access/rate-limiter.js';
import { problem } from '../http/problem.js';

/** Nest injection token of the limiter of deliveries. */
export const HOOK_LIMITER = Symbol('HOOK_LIMITER');

export interface Delivery {
  /** Mist's id of the org, as the path names it. */
  readonly org: string;
  readonly signature: string;
  readonly body: Buffer;
  /** Who sent it, for the limit of what is not signed. */
  readonly sender: string;
}

/** Who may hand in deliveries, and how many. */
@Injectable()
export class HookSenders {
  /** Stands in where an org has no secret, so that the refusal takes as long. */
  private readonly nobodysSecret = randomBytes(32).toString('hex');

  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(HOOK_LIMITER) private readonly limiter: RateLimiter,
  ) {}

  /** The configuration of the org whose secret signed the delivery; `null` when none did. */
  signerOf({ org, body, signature }: Delivery): OrgSettings | null {
    const entry = orgSettingsOf(this.settings, org);
    const secrets = entry?.enabled === true ? secretsOf(entry) : [];
    const isSigned = isSignedBy(body, signature, secrets.length === 0 ? [this.nobodysSecret] : secrets);
    return isSigned && secrets.length > 0 ? (entry ?? null) : null;
  }

  /** What everybody is told whose delivery is not taken. Guesses are slowed down by sender; they take nothing from the limit of an org. */
  refusal({ sender }: Delivery): Error {
    this.limit(`sender ${networkOf(sender)}`);
    return problem('unauthorized', {
      detail: 'The delivery is not signed with the secret of a webhook of this organization (X-Mist-Signature-v2).',
    });
  }

  /** Throws when the org sends too much. */
  admit({ org }: Delivery): void {
    this.limit(`org ${org}`);
  }

  private limit(key: string): void {
    const waitS = this.limiter.take(key);
    if (waitS > 0) throw problem('rate-limited', { headers: { 'retry-after': String(waitS) } });
  }
}

function secretsOf({ webhook }: OrgSettings): readonly string[] {
  if (webhook === undefined) return [];
  return webhook.previousSecret === undefined ? [webhook.secret] : [webhook.secret, webhook.previousSecret];
}
