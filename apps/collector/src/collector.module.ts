import { Module } from '@nestjs/common';
import { ENV, SETTINGS, type Environment, type Settings } from '@app/shared';
import { BackfillAsking } from './backfill/backfill-asking.js';
import { OrgClients } from './polling/org-clients.js';
import { BackfillJobs } from './backfill/backfill-jobs.js';
import { BackfillRequests } from './backfill/backfill-requests.js';
import { BackfillHandlers } from './backfill/backfill.handlers.js';
import { BackfillService } from './backfill/backfill.service.js';
import { BackfillStore } from './backfill/backfills.store.js';
import { StepReader } from './backfill/step-reader.js';
import { CollectorHandlers } from './collector.handlers.js';
import { COLLECTOR_SETTINGS, collectorSettings } from './collector.settings.js';
import { MistClients } from './mist/mist-clients.js';
import { TokenBudget } from './mist/token-budget.repository.js';
import { OrgDirectory } from './orgs/org-directory.js';
import { Admission } from './polling/admission.js';
import { ConfigSites } from './polling/config-sites.repository.js';
import { CycleWriter } from './polling/cycle-writer.js';
import { CycleService } from './polling/cycle.service.js';
import { DegradedSites } from './polling/degraded-sites.repository.js';
import { GatewayConfigPoller } from './polling/gateway-config.poller.js';
import { Leases } from './polling/leases.repository.js';
import { PageSource } from './polling/page-source.js';
import { Poll } from './polling/poll.js';
import { SleDetailPoller } from './polling/sle-detail.poller.js';
import { ReconcileHandlers } from './reconcile.handlers.js';
import { CollectService } from './scheduling/collect.service.js';
import { OverduePolls } from './scheduling/overdue-polls.js';
import { PollSchedules } from './scheduling/poll-schedules.js';
import { OrgGate } from './scheduling/org-gate.js';
import { ReconcileService } from './scheduling/reconcile.service.js';
import { WebhookKeeper } from './webhooks/webhook-keeper.js';
import { WebhookStates } from './webhooks/webhooks.repository.js';

/** Needs the runtime of `@app/shared` around it: settings, clock, queue, database. */
@Module({
  controllers: [BackfillHandlers, CollectorHandlers, ReconcileHandlers],
  providers: [
    {
      provide: COLLECTOR_SETTINGS,
      inject: [SETTINGS, ENV],
      useFactory: (settings: Settings, env: Environment) => collectorSettings(settings, env.queue),
    },
    TokenBudget,
    MistClients,
    OrgDirectory,
    Leases,
    OverduePolls,
    DegradedSites,
    SleDetailPoller,
    ConfigSites,
    GatewayConfigPoller,
    Admission,
    PageSource,
    CycleWriter,
    Poll,
    CycleService,
    PollSchedules,
    CollectService,
    OrgGate,
    OrgClients,
    BackfillAsking,
    BackfillStore,
    StepReader,
    BackfillService,
    BackfillJobs,
    BackfillRequests,
    ReconcileService,
    WebhookKeeper,
    WebhookStates,
  ],
  exports: [BackfillRequests, CollectService, CycleService, OrgDirectory, ReconcileService],
})
export class CollectorModule {}
