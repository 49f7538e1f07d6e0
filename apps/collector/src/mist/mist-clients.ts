import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings, type OrgSource } from '../collector.settings.js';
import { MistClient } from './mist.client.js';
import { TokenBudget } from './token-budget.repository.js';
import { tokensOf } from './token.js';
import { CALL_BACKOFF } from './waiting.js';

/** Opens a client per poll. */
@Injectable()
export class MistClients {
  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly budget: TokenBudget,
  ) {}

  /** `callLimit`: calls of the hour after which this client may make no more; what everybody has spent counts. */
  open(source: OrgSource, signal: AbortSignal | null, callLimit = this.settings.callLimit): MistClient {
    return new MistClient({
      baseUrl: source.baseUrl,
      tokens: tokensOf(source, this.settings.budgetScope),
      timeoutMs: this.settings.requestTimeoutMs,
      backoff: CALL_BACKOFF,
      callLimit,
      budget: this.budget,
      clock: this.clock,
      random: Math.random,
      signal,
    });
  }
}
