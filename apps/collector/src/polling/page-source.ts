import { Inject, Injectable } from '@nestjs/common';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import type { MistClient } from '../mist/mist.client.js';
import type { CycleOrder } from './cycle-order.js';
import type { Lease } from './leases.repository.js';
import { SWEEPS, type Page, type PollRequest } from './pollers.js';
import { GatewayConfigPoller } from './gateway-config.poller.js';
import { SleDetailPoller } from './sle-detail.poller.js';

/** The pages of one poll, whatever its kind. */
@Injectable()
export class PageSource {
  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    private readonly detail: SleDetailPoller,
    private readonly configs: GatewayConfigPoller,
  ) {}

  pages({ org, kind }: CycleOrder, lease: Lease, client: MistClient): AsyncGenerator<Page> {
    const { pageSize, sleWindowHours, sleDetailMaxSites, concurrency } = this.settings;
    const request: PollRequest = {
      client,
      orgId: org.id,
      orgRowId: org.rowId,
      ...lease,
      window: null,
      pageSize,
      concurrency,
      sleWindowHours,
    };
    if (kind === 'sle-detail') return this.detail.poll(request, { maxSites: sleDetailMaxSites, concurrency });
    if (kind === 'gateway-config') return this.configs.poll(request, { everyMs: this.settings.intervalsMs[kind], concurrency });
    return SWEEPS[kind](request);
  }
}
