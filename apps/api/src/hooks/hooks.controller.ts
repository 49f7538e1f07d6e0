import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { SIGNATURE_HEADER } from '@app/mist';
import type { FastifyRequest } from 'fastify';
import { Public } from '../access/access.decorators.js';
import { Answers } from '../http/answers.js';
import { HooksService } from './hooks.service.js';

const EXAMPLE = {
  topic: 'device-updowns',
  events: [{ ap: '5c5b35000001', site_id: 'site-1', timestamp: 1_772_366_400, type: 'GW_DISCONNECTED' }],
};

@ApiTags('collection')
@Controller('v1/hooks/mist')
export class HooksController {
  constructor(@Inject(HooksService) private readonly hooks: HooksService) {}

  @Public()
  @Post(':org')
  @HttpCode(202)
  @ApiOperation({
    summary: "Takes a delivery of Mist's webhook; needs a signature instead of a key",
    description: 'At most 1 MiB, without Content-Encoding. The same bytes again are harmless.',
    security: [],
  })
  @ApiHeader({ name: 'X-Mist-Signature-v2', description: 'Hex of HMAC-SHA256 over the raw body with the secret of the webhook.' })
  @ApiBody({ schema: { type: 'object', example: EXAMPLE } })
  @Answers('The delivery is stored.', { stored: true, is_repeat: false }, 202)
  async take(@Param('org') org: string, @Req() request: FastifyRequest) {
    const signature = request.headers[SIGNATURE_HEADER];
    const { isRepeat } = await this.hooks.take({
      org,
      signature: typeof signature === 'string' ? signature : '',
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      sender: request.ip,
    });
    return { stored: true, is_repeat: isRepeat };
  }
}
