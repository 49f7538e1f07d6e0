import { Readable } from 'node:stream';
import { Controller, Get, Inject, Injectable, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LIVE_EVENTS_KEPT_HOURS } from '@app/shared';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LastingAnswers } from '../access/lasting-answers.js';
import type { CallerRequest } from '../access/org-scope.js';
import { Places } from '../access/places.js';
import { problem } from '../http/problem.js';
import { commentText } from './event-text.js';
import { eventExample } from './event-types.js';
import { LiveFeeds, type AskedStream } from './live-feeds.js';
import { EventsQuery } from './live.query.js';
import { StreamRequests } from './stream-requests.js';

/** Streams of this process. Each costs a socket and what waits for its reader. */
@Injectable()
export class OpenStreams extends Places {
  constructor() {
    super({ most: 500, each: 20, what: 'live streams', retryAfterS: 15 });
  }
}

const EXAMPLE = `retry: 2270

id: 1041-9f3c2a7b
event: ready
data: {"type":"ready"}

id: 1042-5be01c44
event: alert.opened
data: ${JSON.stringify(eventExample('alert.opened'))}

`;

@ApiTags('events')
@Controller('v1/orgs/:org/events')
export class LiveController {
  constructor(
    @Inject(LiveFeeds) private readonly feeds: LiveFeeds,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
    @Inject(StreamRequests) private readonly requests: StreamRequests,
    @Inject(LastingAnswers) private readonly lasting: LastingAnswers,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'What changes, as server-sent events; goes on where it broke off',
    description: `Each \`data\` is a LiveEvent. \`ready\`: what follows is told as it happens. \`reset\`: what was missed is not known any more (events are kept for ${String(LIVE_EVENTS_KEPT_HOURS)} hours), so load everything anew. A comment every 15 seconds shows that the stream lives.`,
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last event the caller took; browsers send it by themselves.',
    schema: { type: 'string' },
  })
  @ApiOkResponse({
    description: 'A stream without end.',
    content: { 'text/event-stream': { schema: { type: 'string' }, example: EXAMPLE } },
  })
  async events(
    @Req() request: FastifyRequest & CallerRequest,
    @Query() query: EventsQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { orgScope: scope, caller } = request;
    if (scope === undefined || caller === undefined) throw problem('not-found');
    const asked = await this.requests.asked(scope, request, query);
    // Fastify answers a HEAD by reading all that a GET gives, and a stream has no end.
    const body = request.method === 'HEAD' ? Readable.from([]) : await this.begin(caller.id, asked, request);
    // Proxies must neither keep it nor gather it up.
    void reply.header('x-accel-buffering', 'no').header('cache-control', 'no-store').type('text/event-stream').send(body);
  }

  private async begin(callerId: string, asked: AskedStream, request: CallerRequest): Promise<Readable> {
    const done = this.streams.begin(callerId);
    try {
      const stream = await this.feeds.begin(asked);
      const over = this.lasting.watch(request, () => stream.finish(commentText('the key or session is no longer valid here')));
      stream.once('close', over).once('close', done);
      return stream;
    } catch (error) {
      done();
      throw error;
    }
  }
}
