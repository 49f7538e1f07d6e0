import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CLOCK, Database, JobPublisher, SETTINGS, type Clock, type Row, type Settings } from '@app/shared';
import { NeedsRole } from '../access/access.decorators.js';
import { Caller, Scope, type OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { idOf } from '../alerts/alerts.dto.js';
import { Answers, AnswersPage, nullOr, orNull, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { channelsJson, type ChannelJson } from '../policies/routing-json.js';

const CHANNEL_EXAMPLE = { id: 'tickets', type: 'jira', targets: ['NET'] };
const TEST_EXAMPLE = {
  id: 1,
  channel: 'tickets',
  status: 'done',
  asked_at: '2026-03-01T12:00:00Z',
  asked_by: 'key:abc',
  done_at: orNull('2026-03-01T12:00:01Z'),
  destinations: [{ destination: 'tickets:NET', failure: nullOr('text') }],
};

interface TestRow extends Row {
  readonly id: number;
  readonly channel: string;
  readonly asked_at: Date;
  readonly asked_by: string;
  readonly done_at: Date | null;
  readonly outcome: readonly { destination: string; failure: string | null }[] | null;
}

@ApiTags('policies')
@Controller('v1/orgs/:org/channels')
export class ChannelsController {
  private readonly channels: readonly ChannelJson[];

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(JobPublisher) private readonly publisher: JobPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) { email, channels }: Pick<Settings, 'email' | 'channels'>,
  ) {
    this.channels = channelsJson(email, channels);
  }

  @Get()
  @ApiOperation({ summary: 'Ways to reach people, without addresses and tokens that are secret' })
  @AnswersPage('All channels of the configuration.', CHANNEL_EXAMPLE)
  list() {
    return { items: this.channels, next_cursor: null };
  }

  @Post(':channel/test')
  @HttpCode(200)
  @NeedsRole('admin')
  @ApiOperation({ summary: 'Send a test message to everybody of a channel; the answer tells where to look for what came of it' })
  @Answers('The test, asked for.', {
    ...TEST_EXAMPLE,
    status: 'asked',
    done_at: nullOr('2026-03-01T12:00:00Z'),
    destinations: [],
  })
  async test(@Scope() scope: OrgScope, @Caller() caller: Principal, @Param('channel') channel: string) {
    if (!this.channels.some(({ id }) => id === channel)) throw problem('not-found');
    const [row] = await this.database.query<{ id: number }>(
      'insert into channel_test (org_id, channel, asked_at, asked_by) values ($1, $2, $3, $4) returning id',
      [scope.orgId, channel, new Date(this.clock.now()), caller.actor],
    );
    const id = row?.id ?? 0;
    await this.publisher.publish('test-channel', { orgId: scope.externalId, testId: id });
    return this.shown(scope, channel, id);
  }

  @Get(':channel/tests/:test')
  @ApiOperation({ summary: 'What came of a test message' })
  @Answers('The test; `failure` null = the receiver took it.', TEST_EXAMPLE)
  one(@Scope() scope: OrgScope, @Param('channel') channel: string, @Param('test') test: string) {
    return this.shown(scope, channel, idOf(test));
  }

  private async shown(scope: OrgScope, channel: string, id: number) {
    const [row] = await this.database.query<TestRow>(
      'select id, channel, asked_at, asked_by, done_at, outcome from channel_test where org_id = $1 and channel = $2 and id = $3',
      [scope.orgId, channel, id],
    );
    if (row === undefined) throw problem('not-found');
    return {
      id: row.id,
      channel: row.channel,
      status: row.done_at === null ? 'asked' : 'done',
      asked_at: timeOf(row.asked_at),
      asked_by: row.asked_by,
      done_at: timeOf(row.done_at),
      destinations: row.outcome ?? [],
    };
  }
}
