import { Module } from '@nestjs/common';
import { AlertingService } from './alerting/alerting.service.js';
import { DayRules } from './alerting/day-rules.js';
import { HealthRules } from './alerting/health-rules.js';
import { HourRules } from './alerting/hour-rules.js';
import { TimedRules } from './alerting/timed-rules.js';
import { TrendRules } from './alerting/trend-rules.js';
import { WatchRules } from './alerting/watch-rules.js';
import { FactsService } from './facts/facts.service.js';
import { FailoversService } from './failovers/failovers.service.js';
import { FailoversUpkeep } from './failovers/failovers.upkeep.js';
import { InboxHandlers } from './inbox/inbox.handlers.js';
import { InboxSchedule } from './inbox/inbox.schedule.js';
import { InboxSweep } from './inbox/inbox-sweep.js';
import { InboxService } from './inbox/inbox.service.js';
import { PollHints } from './inbox/poll-hints.js';
import { IngestHandlers } from './ingest/ingest.handlers.js';
import { IngestService } from './ingest/ingest.service.js';
import { WanWriter } from './ingest/wan.writer.js';
import { BatchPipeline, WriterSet } from './ingest/writer-set.js';
import { RegionsService } from './inventory/regions.service.js';
import { LiveHandlers } from './live/live.handlers.js';
import { LiveNotes } from './live/live-notes.service.js';
import { RetentionRuns } from './retention/retention.runs.js';
import { RetentionSchedule } from './retention/retention.schedule.js';
import { RetentionService } from './retention/retention.service.js';
import { RollupsHandlers } from './rollups/rollups.handlers.js';
import { RollupsService } from './rollups/rollups.service.js';
import { SleWriter } from './sle/sle.writer.js';
import { AlertUpkeep } from './upkeep/alert-upkeep.js';
import { ConfigLog } from './upkeep/config-log.js';
import { UpkeepHandlers } from './upkeep/upkeep.handlers.js';
import { UpkeepSchedules } from './upkeep/upkeep.schedules.js';
import { UpkeepService } from './upkeep/upkeep.service.js';

/** Raw batches -> observations -> facts, judgements, alerts. */
@Module({
  controllers: [InboxHandlers, IngestHandlers, LiveHandlers, RollupsHandlers, UpkeepHandlers],
  providers: [
    AlertUpkeep,
    AlertingService,
    BatchPipeline,
    ConfigLog,
    DayRules,
    FactsService,
    FailoversService,
    FailoversUpkeep,
    HealthRules,
    HourRules,
    InboxSchedule,
    InboxService,
    InboxSweep,
    IngestService,
    LiveNotes,
    PollHints,
    RegionsService,
    RetentionRuns,
    RetentionSchedule,
    RetentionService,
    RollupsService,
    SleWriter,
    TimedRules,
    TrendRules,
    UpkeepSchedules,
    UpkeepService,
    WanWriter,
    WatchRules,
    WriterSet,
  ],
})
export class AnalyzerModule {}
