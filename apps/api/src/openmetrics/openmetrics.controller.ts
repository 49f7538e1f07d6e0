import { Controller, Get, Inject, Injectable, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HOUR_MS } from '@app/domain';
import { CLOCK, Database, type Clock } from '@app/shared';
import type { FastifyReply } from 'fastify';
import { Registry, type OpenMetricsContentType } from 'prom-client';
import { Caller, OrgScope, ScopedRepository } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { CollectionRepository } from '../collection/collection.controller.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import { fillNetworkMetrics, type OrgFigures } from './network-metrics.js';

@Injectable()
export class OpenMetricsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  alerts(scope: OrgScope): Promise<{ rule: string; severity: string; count: number }[]> {
    return this.rows(
      scope,
      `select rule, severity, count(*)::integer as count from alert where org_id = $1 and status in ('firing', 'acknowledged') group by 1, 2`,
    );
  }

  incidents(scope: OrgScope): Promise<{ severity: string; acknowledged: boolean; count: number }[]> {
    return this.rows(
      scope,
      `select severity, acked_at is not null as acknowledged, count(*)::integer as count from incident
       where org_id = $1 and kind = 'incident' and resolved_at is null group by 1, 2`,
    );
  }
}

/** What Prometheus scrapes of the networks, with a key; `/metrics` is about the services. */
@ApiTags('metrics')
@Controller('v1/metrics')
export class OpenMetricsController {
  constructor(
    @Inject(CurrentStateService) private readonly current: CurrentStateService,
    @Inject(OpenMetricsRepository) private readonly repository: OpenMetricsRepository,
    @Inject(CollectionRepository) private readonly collection: CollectionRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The networks of all organizations that the key reaches, as OpenMetrics' })
  @ApiOkResponse({
    description: 'Gauges of the current state.',
    content: {
      'application/openmetrics-text': {
        schema: { type: 'string' },
        example:
          '# HELP mistwatch_network_failovers Failovers that go on\n# TYPE mistwatch_network_failovers gauge\nmistwatch_network_failovers{org="org-1"} 2\n# EOF\n',
      },
    },
  })
  async metrics(@Caller() caller: Principal, @Res() reply: FastifyReply): Promise<void> {
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const orgs: OrgFigures[] = [];
    // One after the other: a scrape must not take all connections.
    for (const { externalId } of caller.orgs) {
      const scope = OrgScope.granted(caller, externalId);
      if (scope !== null) orgs.push(await this.figures(scope));
    }
    fillNetworkMetrics(registry, orgs);
    void reply.type(registry.contentType).send(await registry.metrics());
  }

  private async figures(scope: OrgScope): Promise<OrgFigures> {
    const now = this.clock.now();
    const [state, alerts, incidents, polls, callsThisHour] = await Promise.all([
      this.current.org(scope),
      this.repository.alerts(scope),
      this.repository.incidents(scope),
      this.collection.polls(scope),
      this.collection.callsThisHour(scope, new Date(Math.floor(now / HOUR_MS) * HOUR_MS)),
    ]);
    const ages = polls.flatMap(({ kind, committed_at }) =>
      committed_at === null ? [] : { kind, ageSeconds: Math.max(0, now - committed_at.getTime()) / 1000 },
    );
    return { state, alerts, incidents, polls: ages, callsThisHour };
  }
}
