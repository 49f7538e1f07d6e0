import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { correlationId } from '@app/shared';
import { Admission } from './admission.js';
import type { CycleFacts } from './batches.js';
import type { CycleDone, CycleOrder } from './cycle-order.js';
import { CycleWriter } from './cycle-writer.js';
import type { Lease } from './leases.repository.js';
import { OrgClients } from './org-clients.js';
import { PageSource } from './page-source.js';

/** The way of one poll under a lease: admission, pages, queue. */
@Injectable()
export class Poll {
  constructor(
    private readonly clients: OrgClients,
    private readonly admission: Admission,
    private readonly source: PageSource,
    private readonly writer: CycleWriter,
  ) {}

  /** `lost` aborts when the lease is gone. */
  async run(order: CycleOrder, lease: Lease, lost: AbortSignal): Promise<CycleDone> {
    const { org, kind, signal } = order;
    const stop = signal === undefined ? lost : AbortSignal.any([lost, signal]);
    const client = await this.clients.forPoll(order, lease.observedAt, stop);
    try {
      await this.admission.admit(order, client);
      const cycle: CycleFacts = {
        orgId: org.id,
        kind,
        cycleId: `${kind}.${lease.observedAt}.${randomUUID().slice(0, 8)}`,
        observedAt: lease.observedAt,
        correlationId: correlationId() ?? randomUUID(),
      };
      await this.writer.open(org.rowId, cycle, false);
      const { pages, records } = await this.writer.publish(cycle, this.source.pages(order, lease, client));
      await this.writer.close(org.rowId, cycle, { pages, calls: client.calls });
      return { is: 'done', cycleId: cycle.cycleId, observedAt: cycle.observedAt, pages, records, calls: client.calls };
    } finally {
      await client.settle();
    }
  }
}
