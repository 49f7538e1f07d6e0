import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { CLOCK, type Clock } from '@app/shared';
import { AccessGuard } from './access/access.guard.js';
import { FenceInterceptor } from './access/fence.interceptor.js';
import { RateLimiter } from './access/rate-limiter.js';
import { AckController } from './ack/ack.controller.js';
import { AckRepository } from './ack/ack.repository.js';
import { AckService } from './ack/ack.service.js';
import { AlarmsController, AlarmsRepository } from './alerts/alarms.controller.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { ExplainController } from './alerts/explain.controller.js';
import { AlertsRepository } from './alerts/alerts.repository.js';
import { AlertsService } from './alerts/alerts.service.js';
import { AvailabilityController } from './availability/availability.controller.js';
import { AvailabilityRepository } from './availability/availability.repository.js';
import { AvailabilityService } from './availability/availability.service.js';
import { AuditController, AuditRepository } from './audit/audit.controller.js';
import { AttributesController } from './circuits/attributes.controller.js';
import { ChannelsController } from './channels/channels.controller.js';
import { CircuitsController } from './circuits/circuits.controller.js';
import { CircuitsRepository } from './circuits/circuits.repository.js';
import { AttributesService } from './circuits/attributes.service.js';
import { AttributeHistoryController } from './circuits/history.controller.js';
import { LinksController } from './circuits/links.controller.js';
import { OutagesController } from './circuits/outages.controller.js';
import { BackfillsController } from './collection/backfills.controller.js';
import { CollectionController, CollectionRepository } from './collection/collection.controller.js';
import { ComparisonController } from './comparison/comparison.controller.js';
import { EXPORT_CONTROLLERS, EXPORT_PROVIDERS } from './exports/exports.parts.js';
import { FailoversController } from './failovers/failovers.controller.js';
import { FailoversRepository } from './failovers/failovers.repository.js';
import { DeliveriesController } from './incidents/deliveries.controller.js';
import { DeliveriesRepository } from './incidents/deliveries.repository.js';
import { IncidentsController } from './incidents/incidents.controller.js';
import { IncidentsRepository } from './incidents/incidents.repository.js';
import { NotifierWaker } from './incidents/notifier-waker.js';
import { HOOK_CONTROLLERS, HOOK_PROVIDERS } from './hooks/hooks.parts.js';
import { IdempotentAnswers } from './idempotency/answers.repository.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { LIVE_CONTROLLERS, LIVE_PROVIDERS } from './live/live.parts.js';
import { FieldsInterceptor } from './http/fields.interceptor.js';
import { NotModifiedInterceptor } from './http/not-modified.interceptor.js';
import { ProblemFilter } from './http/problem.filter.js';
import { KeysController } from './keys/keys.controller.js';
import { LOGIN_CONTROLLERS, LOGIN_PROVIDERS } from './login/login.parts.js';
import { SilencesController } from './silences/silences.controller.js';
import { SilencesService } from './silences/silences.service.js';
import { MaintenanceController } from './maintenance/maintenance.controller.js';
import { SuggestionsController } from './circuits/suggestions.controller.js';
import { OrgsController } from './orgs/orgs.controller.js';
import { DistributionController } from './distribution/distribution.controller.js';
import { DistributionRepository } from './distribution/distribution.repository.js';
import { RotasController } from './oncall/rotas.controller.js';
import { RotasService } from './oncall/rotas.service.js';
import { PoliciesController } from './policies/policies.controller.js';
import { PathsController } from './paths/paths.controller.js';
import { PathsRepository } from './paths/paths.repository.js';
import { NoticesController } from './replay/notices.controller.js';
import { ReplayController } from './replay/replay.controller.js';
import { REPORT_CONTROLLERS, REPORT_PROVIDERS } from './reporting/reports.parts.js';
import { MembersRepository } from './rankings/members.repository.js';
import { OffendersRepository } from './rankings/offenders.repository.js';
import { OffendersService } from './rankings/offenders.service.js';
import { PeriodsService } from './rankings/periods.service.js';
import { RankingsController } from './rankings/rankings.controller.js';
import { RankingsRepository } from './rankings/rankings.repository.js';
import { RankingsService } from './rankings/rankings.service.js';
import { OpenMetricsController, OpenMetricsRepository } from './openmetrics/openmetrics.controller.js';
import { GROUP_CONTROLLERS } from './regions/groups.controller.js';
import { CircuitCells } from './series/circuit-cells.service.js';
import { GroupCells } from './series/group-cells.service.js';
import { GroupsRepository } from './series/groups.repository.js';
import { RollupsRepository } from './series/rollups.repository.js';
import { OrgSeriesController, SeriesController, SiteSeriesController } from './series/series.controller.js';
import { SeriesRoutes } from './series/series.routes.js';
import { SeriesService } from './series/series.service.js';
import { SubjectsRepository } from './series/subjects.repository.js';
import { ThresholdBooks } from './series/thresholds.service.js';
import { CircuitCounters } from './series/traffic.js';
import { IndexController } from './service/index.controller.js';
import { ProblemsController } from './service/problems.controller.js';
import { ServiceController } from './service/service.controller.js';
import { ServiceMetrics } from './service/service.metrics.js';
import { API_SETTINGS, type ApiSettings } from './settings.js';
import { CurrentStateService } from './sites/current-state.service.js';
import { HealthController } from './sites/health.controller.js';
import { SitesController } from './sites/sites.controller.js';
import { KpisController } from './windows/kpis.controller.js';
import { KpisRepository } from './windows/kpis.repository.js';
import { CircuitWindows, KpisService } from './windows/kpis.service.js';
import { InsightsController, InsightsRepository } from './sle/insights.controller.js';
import { HISTORY_CONTROLLERS, HISTORY_PROVIDERS } from './trends/history.parts.js';

/** Of routes that could both answer, the first here does. */
const CONTROLLERS: NonNullable<DynamicModule['controllers']> = [
  IndexController,
  OpenMetricsController,
  ServiceController,
  ProblemsController,
  OrgsController,
  SitesController,
  HealthController,
  // Before the circuits, whose `:circuit` would take `attributes` for an id.
  AttributesController,
  LinksController,
  SuggestionsController,
  // Its `circuits/windows` likewise.
  KpisController,
  CircuitsController,
  SeriesController,
  SiteSeriesController,
  OrgSeriesController,
  ...GROUP_CONTROLLERS,
  RankingsController,
  OutagesController,
  FailoversController,
  ComparisonController,
  PathsController,
  DistributionController,
  AvailabilityController,
  AttributeHistoryController,
  MaintenanceController,
  ...HISTORY_CONTROLLERS,
  InsightsController,
  AlertsController,
  ExplainController,
  AckController,
  IncidentsController,
  DeliveriesController,
  SilencesController,
  RotasController,
  PoliciesController,
  ChannelsController,
  NoticesController,
  ReplayController,
  AlarmsController,
  ...REPORT_CONTROLLERS,
  ...EXPORT_CONTROLLERS,
  ...LIVE_CONTROLLERS,
  CollectionController,
  BackfillsController,
  AuditController,
  ...HOOK_CONTROLLERS,
  KeysController,
  ...LOGIN_CONTROLLERS,
];

const PROVIDERS: NonNullable<DynamicModule['providers']> = [
  AckRepository,
  AckService,
  AlarmsRepository,
  AlertsRepository,
  AttributesService,
  AuditRepository,
  AvailabilityRepository,
  AvailabilityService,
  AlertsService,
  CircuitCells,
  CircuitsRepository,
  CollectionRepository,
  CurrentStateService,
  OpenMetricsRepository,
  ...EXPORT_PROVIDERS,
  ...REPORT_PROVIDERS,
  FailoversRepository,
  GroupCells,
  GroupsRepository,
  ...HISTORY_PROVIDERS,
  ...HOOK_PROVIDERS,
  ...LIVE_PROVIDERS,
  ...LOGIN_PROVIDERS,
  IdempotentAnswers,
  IncidentsRepository,
  DeliveriesRepository,
  NotifierWaker,
  SilencesService,
  RotasService,
  InsightsRepository,
  PathsRepository,
  DistributionRepository,
  MembersRepository,
  OffendersRepository,
  OffendersService,
  PeriodsService,
  CircuitWindows,
  KpisRepository,
  KpisService,
  RankingsRepository,
  RankingsService,
  RollupsRepository,
  SeriesRoutes,
  SeriesService,
  ServiceMetrics,
  CircuitCounters,
  SubjectsRepository,
  ThresholdBooks,
];

/** Every resource of the API. The guard and the filter hold for all of them, also for those yet to come. */
@Module({})
export class ApiModule {
  static forRoot(settings: ApiSettings): DynamicModule {
    return {
      module: ApiModule,
      controllers: [...CONTROLLERS],
      providers: [
        { provide: API_SETTINGS, useValue: settings },
        { provide: RateLimiter, useFactory: (clock: Clock) => new RateLimiter(settings.rateLimit, clock), inject: [CLOCK] },
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ProblemFilter },
        // The first is the outermost.
        { provide: APP_INTERCEPTOR, useClass: FenceInterceptor },
        { provide: APP_INTERCEPTOR, useClass: FieldsInterceptor },
        { provide: APP_INTERCEPTOR, useClass: NotModifiedInterceptor },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
        ...PROVIDERS,
      ],
    };
  }
}
