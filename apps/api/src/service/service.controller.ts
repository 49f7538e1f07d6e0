import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Database, JobPublisher, METRICS, runChecks } from '@app/shared';
import type { FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { Public } from '../access/access.decorators.js';

/** What an orchestrator and Prometheus ask for. */
@ApiExcludeController()
@Public()
@Controller()
export class ServiceController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(METRICS) private readonly registry: Registry,
  ) {}

  @Get('health/live')
  live() {
    return { status: 'ok', service: 'api' };
  }

  @Get('health/ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const checks = await runChecks({ database: () => this.database.query('select 1'), queue: () => this.publisher.ping() });
    const isReady = Object.values(checks).every((state) => state === 'ok');
    void reply
      .status(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: isReady ? 'ok' : 'not ready', checks });
  }

  @Get('metrics')
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    void reply.type(this.registry.contentType).send(await this.registry.metrics());
  }
}
