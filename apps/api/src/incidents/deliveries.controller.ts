import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { idOf } from '../alerts/alerts.dto.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, pageOf } from '../http/paging.js';
import { problem } from '../http/problem.js';
import { DeliveriesQuery, DELIVERY_EXAMPLE, deliveryJson } from './deliveries.dto.js';
import { DeliveriesRepository } from './deliveries.repository.js';
import { NotifierWaker } from './notifier-waker.js';

@ApiTags('incidents')
@Controller('v1/orgs/:org/deliveries')
export class DeliveriesController {
  constructor(
    @Inject(DeliveriesRepository) private readonly deliveries: DeliveriesRepository,
    @Inject(NotifierWaker) private readonly notifier: NotifierWaker,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Notices to single destinations with every attempt, newest first' })
  @AnswersPage('A page of deliveries.', DELIVERY_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: DeliveriesQuery) {
    const key = cursorKey(query, 1);
    const rows = await this.deliveries.list(scope, {
      status: query.status ?? null,
      destination: query.destination ?? null,
      incident: null,
      beforeId: key === null ? null : idOf(String(key[0])),
      limit: query.limit + 1,
    });
    return pageOf(rows, query.limit, { item: deliveryJson, key: ({ id }) => [id] });
  }

  @Get(':delivery')
  @ApiOperation({ summary: 'One delivery: what the receiver answered, attempt by attempt' })
  @Answers('The delivery.', DELIVERY_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('delivery') delivery: string) {
    return this.shown(scope, idOf(delivery));
  }

  @Post(':delivery/replay')
  @HttpCode(200)
  @NeedsRole('operator')
  @ApiOperation({ summary: 'Try a delivery again that was given up; one that is due already stays as it is' })
  @Answers('The delivery as it is now.', { ...DELIVERY_EXAMPLE, status: 'due', sent_at: null })
  async replay(@Scope() scope: OrgScope, @Param('delivery') delivery: string, @Caller() caller: Principal) {
    const id = idOf(delivery);
    const outcome = await this.deliveries.replay(scope, id, { at: new Date(this.clock.now()), actor: caller.actor });
    if (outcome === 'not-found') throw problem('not-found');
    if (outcome === 'not-dead') throw problem('conflict', { detail: 'Only a dead delivery can be tried again.' });
    await this.notifier.wake();
    return this.shown(scope, id);
  }

  private async shown(scope: OrgScope, id: number) {
    const row = await this.deliveries.find(scope, id);
    if (row === null) throw problem('not-found');
    return deliveryJson(row);
  }
}
