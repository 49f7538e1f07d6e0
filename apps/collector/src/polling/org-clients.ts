import { Inject, Injectable } from '@nestjs/common';
import { COLLECT_KINDS, Database, type CollectKind } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import { MistClients } from '../mist/mist-clients.js';
import type { MistClient } from '../mist/mist.client.js';
import { tokensOf } from '../mist/token.js';
import type { CycleOrder } from './cycle-order.js';
import { OrgDirectory, type CollectedOrg } from '../orgs/org-directory.js';

const HOUR_MS = 3_600_000;
/** Polls may cost more than the last time. */
const MARGIN = 1.25;
/** Of the hour's calls, whatever the polls cost: for operators, and for polls that are made again. */
const SPARE_SHARE = 0.05;
/** Calls of a kind that was never read. */
const FIRST_COST = 2;
/** What lives on spare calls itself needs none set aside. */
export const SPARE_KINDS: readonly CollectKind[] = ['gateway-config'];

/** Clients for what is read of an org; what can wait, backfills and configurations, may spend of an hour what the polls do not need until its end. */
@Injectable()
export class OrgClients {
  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(Database) private readonly database: Database,
    private readonly orgs: OrgDirectory,
    private readonly clients: MistClients,
  ) {}

  /** A client for a poll: one that lives on spare calls takes them as it goes, and ends when there are none. */
  async forPoll({ org, kind }: Pick<CycleOrder, 'org' | 'kind'>, now: number, signal: AbortSignal): Promise<MistClient> {
    return SPARE_KINDS.includes(kind) ? this.spare(org, now, signal) : this.clients.open(org.source, signal);
  }

  /** A client for what can wait. */
  async spare(org: CollectedOrg, now: number, signal: AbortSignal): Promise<MistClient> {
    return this.clients.open(org.source, signal, await this.limit(org, now));
  }

  /** Calls of this hour, counted with everybody's, after which such a client stops. */
  private async limit(org: CollectedOrg, now: number): Promise<number> {
    const accounts = new Set(this.accountsOf(org));
    const sharing = (await this.orgs.list()).filter((each) => this.accountsOf(each).some((key) => accounts.has(key)));
    const leftMs = HOUR_MS - (now % HOUR_MS);
    let needed = 0;
    for (const { kind, calls } of await this.lastCosts(sharing.map(({ rowId }) => rowId)))
      needed += Math.ceil(leftMs / this.settings.intervalsMs[kind]) * (calls ?? FIRST_COST);
    const { callLimit } = this.settings;
    return Math.max(0, Math.floor(callLimit * (1 - SPARE_SHARE) - needed * MARGIN));
  }

  private accountsOf({ source }: CollectedOrg): string[] {
    return tokensOf(source, this.settings.budgetScope).map(({ accountKey }) => accountKey);
  }

  private lastCosts(orgRowIds: readonly number[]): Promise<{ kind: CollectKind; calls: number | null }[]> {
    return this.database.query<{ kind: CollectKind; calls: number | null }>(
      `select k.kind, c.calls from unnest($1::int[]) as o (id) cross join unnest($2::text[]) as k (kind) left join lateral (
         select calls from poll_cycle p where p.org_id = o.id and p.kind = k.kind and p.pages is not null and not p.is_backfill
         order by p.observed_at desc limit 1) c on true`,
      [orgRowIds, COLLECT_KINDS.filter((kind) => !SPARE_KINDS.includes(kind))],
    );
  }
}
