import { Controller, Get, Inject, Injectable } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CLOCK, Database, orgSettingsOf, SETTINGS, type Clock, type Settings } from '@app/shared';
import { Scope, ScopedRepository, type OrgScope } from '../access/org-scope.js';
import { Answers, nullOr, orNull, timeOf } from '../http/answers.js';

const DAY_MS = 86_400_000;
const LAST_PARKED = 20;

interface MistRow {
  readonly outcome: string;
  readonly checked_at: Date;
  readonly changed_at: Date | null;
  readonly reason: string | null;
}

interface CountRow {
  readonly topic: string | null;
  readonly state: string;
  readonly deliveries: number;
  readonly repeats: number;
  readonly events: number;
  readonly set_aside: number;
}

interface ParkedRow {
  readonly id: number;
  readonly received_at: Date;
  readonly topic: string | null;
  readonly reason: string | null;
}

@Injectable()
export class WebhookStateRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  inMist(scope: OrgScope): Promise<MistRow | null> {
    return this.row<MistRow>(scope, 'select outcome, checked_at, changed_at, reason from mist_webhook where org_id = $1');
  }

  async lastReceivedAt(scope: OrgScope): Promise<Date | null> {
    const row = await this.row<{ at: Date }>(
      scope,
      'select received_at as at from inbox where org_id = $1 order by received_at desc limit 1',
    );
    return row?.at ?? null;
  }

  counts(scope: OrgScope, since: Date): Promise<CountRow[]> {
    return this.rows<CountRow>(
      scope,
      `select topic, state, count(*)::int as deliveries, sum(repeats)::int as repeats, coalesce(sum(events), 0)::int as events,
         coalesce(sum(set_aside), 0)::int as set_aside
       from inbox where org_id = $1 and received_at >= $2 group by topic, state order by topic nulls last, state`,
      [since],
    );
  }

  parked(scope: OrgScope, since: Date): Promise<ParkedRow[]> {
    return this.rows<ParkedRow>(
      scope,
      `select id, received_at, topic, reason from inbox where org_id = $1 and received_at >= $2 and state = 'parked'
       order by received_at desc, id desc limit ${String(LAST_PARKED)}`,
      [since],
    );
  }
}

const EXAMPLE = {
  is_configured: true,
  is_managed: true,
  in_mist: orNull({
    outcome: 'fine',
    checked_at: '2026-03-01T12:00:00Z',
    changed_at: '2026-02-01T08:00:00Z',
    reason: nullOr('text'),
  }),
  last_received_at: orNull('2026-03-01T12:04:10Z'),
  last_day: [{ topic: orNull('device-events'), state: 'processed', deliveries: 12, repeats: 1, events: 40, set_aside: 0 }],
  parked: [
    {
      id: 7,
      received_at: '2026-03-01T11:00:00Z',
      topic: orNull('location'),
      reason: orNull('the topic "location" is not known'),
    },
  ],
};

@ApiTags('collection')
@Controller('v1/orgs/:org/webhook')
export class WebhookStateController {
  constructor(
    @Inject(WebhookStateRepository) private readonly webhooks: WebhookStateRepository,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @ApiOperation({ summary: "Mist's webhook: how it stands in Mist, and what it brought within a day" })
  @Answers('The webhook.', EXAMPLE)
  async show(@Scope() scope: OrgScope) {
    const since = new Date(this.clock.now() - DAY_MS);
    const [inMist, last, counts, parked] = await Promise.all([
      this.webhooks.inMist(scope),
      this.webhooks.lastReceivedAt(scope),
      this.webhooks.counts(scope, since),
      this.webhooks.parked(scope, since),
    ]);
    const configured = orgSettingsOf(this.settings, scope.externalId)?.webhook;
    return {
      is_configured: configured !== undefined,
      is_managed: configured?.manage === true,
      in_mist:
        inMist === null ? null : { ...inMist, checked_at: timeOf(inMist.checked_at), changed_at: timeOf(inMist.changed_at) },
      last_received_at: timeOf(last),
      last_day: counts,
      parked: parked.map((row) => ({ ...row, received_at: timeOf(row.received_at) })),
    };
  }
}
