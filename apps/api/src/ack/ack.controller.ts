import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { CLOCK, type Clock } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { networkOf } from '../access/address.js';
import { RateLimiter } from '../access/rate-limiter.js';
import { PAGE_HEADERS } from '../http/page.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { renderPage, statusOfPage, type AckPage } from './ack.page.js';
import { AckService } from './ack.service.js';

/** The links of notices. No login: the signature in the link says who may take what. */
@ApiExcludeController()
@Public()
@Controller('ack')
export class AckController {
  private readonly limiter: RateLimiter;

  constructor(
    @Inject(AckService) private readonly service: AckService,
    @Inject(API_SETTINGS) { ackRateLimit }: ApiSettings,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.limiter = new RateLimiter(ackRateLimit, clock);
  }

  @Get(':token')
  async look(@Param('token') token: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.answer(request, reply, () => this.service.look(token));
  }

  @Post(':token')
  @HttpCode(200)
  async take(@Param('token') token: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    return this.answer(request, reply, () => this.service.take(token));
  }

  private async answer(request: FastifyRequest, reply: FastifyReply, pageOf: () => Promise<AckPage>): Promise<string> {
    const waitS = this.limiter.take(networkOf(request.ip));
    const page: AckPage = waitS > 0 ? { is: 'too-many' } : await pageOf();
    void reply.headers({ ...PAGE_HEADERS, ...(waitS > 0 ? { 'retry-after': String(waitS) } : {}) }).status(statusOfPage(page));
    return renderPage(page);
  }
}
