export { runMigrations, revertMigrations } from './data-source.js';
export {
  Database,
  PARTITION_GONE,
  type Copying,
  type DatabaseOptions,
  type Queryable,
  type Row,
  type Transaction,
} from './database.js';
export { prepared } from './prepared.js';
export { fenceAroundNothing, fenced, fenceNow, type Fence } from './fence/fence.js';
export {
  BACKFILL_KINDS,
  backfillJobId,
  faultOfWindow,
  listBackfills,
  requestBackfill,
  type BackfillKind,
  type BackfillProgress,
  type BackfillRequest,
} from './backfills.repository.js';
export { readTexts, type AskedTexts } from './read-texts.js';
export { DatabaseModule } from './database.module.js';
export { completeCycle, openCycle, setCyclePages, type PollCycle } from './cycles.repository.js';
export {
  arePartitionsKnown,
  dropPartition,
  ensurePartitions,
  listPartitions,
  PARTITIONED,
  type ExistingPartition,
  type PartitionedTable,
} from './partitions.js';
export { orNull, type CopyCursor } from './copy/copy-cursor.js';
export { copyIfNew, copyInto, isTaken, type TableRows } from './copy/copy-into.js';
export { copyInstant, copyLiteral, copyText, numbersLiteral, textsLiteral } from './copy/copy-text.js';
export { CopyWriter } from './copy/copy-writer.js';
export { markingCte } from './rollups/marks.js';
export { aboveOfText, streaksOfStored, streaksOfText, THRESHOLD_PLACES } from './rollups/above.js';
export { loadMemberships, Memberships, type Membership } from './rollups/memberships.repository.js';
export { storedHours, type HoursWanted } from './rollups/stored-hours.js';
export type { StoredHour } from './rollups/hour-copy.js';
export {
  trailingWindows,
  WINDOW_GROUPS,
  type TrailingRequest,
  type TrailingWindows,
  type WindowGroup,
} from './rollups/trailing-windows.js';
export { findOrg, requireOrg, upsertOrg, type OrgRow } from './orgs.repository.js';
export {
  API_ROLES,
  authenticateApiKey,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  SITE_GROUP_FAULTS,
  type ApiKey,
  type ApiKeyOrg,
  type ApiRole,
  type NewApiKey,
} from './api-keys.repository.js';
export {
  endLoginSessions,
  findLoginSession,
  listLoginSessions,
  sealedIdTokenOf,
  storeLoginSession,
  touchLoginSession,
  type LiveAt,
  type LoginPerson,
  type LoginSession,
  type NewLoginSession,
} from './login-sessions.repository.js';
export {
  closeDelivery,
  deliveryJobId,
  findOpenDelivery,
  noteFailedAttempt,
  openDeliveries,
  storeDelivery,
  type InboxRow,
  type StoredDelivery,
  type Taken,
} from './inbox.repository.js';
export { loadCurrentState, type CircuitNow, type OrgNow, type SiteNow, type StatusSettings } from './current-state.repository.js';
export {
  CLIENT_BASED_SLE,
  SLE_SUM_COLUMNS,
  SLE_SUMS,
  sleSums,
  sleWeightSql,
  sleZone,
  type AskedSle,
  type SleSumsRow,
} from './sle-sums.js';
export { healthHistory, sleDays, sleHours, type HealthRow, type SleDayRow, type SleHourRow } from './sle-history.repository.js';
export { deviceStretches, siteStretches, type DeviceStretch } from './reachability.repository.js';
export { WAN_TREND_LEVELS, wanFigures, type AskedWanFigures, type WanFigures, type WanTrendLevel } from './trends.repository.js';
export { loadReportModel, type ReportSettings } from './report.repository.js';
export { storeCircuitAttributes, type CircuitAttributes, type RefusedAttributes } from './circuit-attributes.repository.js';
export { findAliases, findAliasesOfGateways, lockLinks, type CircuitAlias } from './circuit-aliases.repository.js';
export { linkCircuits, unlinkCircuit, type LinkOutcome, type LinkRefused, type LinkRequest } from './circuit-links.repository.js';
export {
  cancelMaintenance,
  createMaintenance,
  findMaintenance,
  listMaintenance,
  MAINTENANCE_SCOPES,
  updateMaintenance,
  type MaintenanceFields,
  type MaintenanceRow,
  type MaintenanceScope,
} from './maintenance.repository.js';
export {
  maintenanceAt,
  maintenanceOf,
  maintenanceWindows,
  nextHoldAt,
  type Cover,
  type MaintenanceNow,
} from './maintenance-cover.js';
export { loadAlertStory } from './alert-story.repository.js';
export { loadSubjectStory, type AskedSubject } from './subject-story.repository.js';
export { alertSubjects } from './alert-subjects.js';
export { recordConfig } from './config-items.repository.js';
export { auditRow, auditRows, lockIncidents, wakeOpenIncidents, type AuditEntry, type Change } from './audited.js';
export {
  activeSilences,
  addSilence,
  endSilence,
  findSilence,
  listSilences,
  type ActiveSilence,
  type SilenceFields,
  type SilenceRow,
} from './silences.repository.js';
export {
  addRotaOverride,
  cancelRotaOverride,
  listRotaOverrides,
  overridesAt,
  type OverrideFields,
  type OverrideRow,
} from './rota-overrides.repository.js';
export {
  acknowledgeIncident,
  addNote,
  releaseIncident,
  type AcknowledgeOutcome,
  type AcknowledgeRequest,
  type NewNote,
} from './incident-actions.js';
export { groupDays, hourTimes, insideDays, statesOf, type AvailabilityGroup, type HoursOf } from './availability.repository.js';
export { dataRevision, hasOpenFailover, type DataPeriod } from './data-changes.repository.js';
export { byTrust } from './attribute-order.js';
export {
  ATTRIBUTES,
  attributeHistory,
  changeAttributes,
  findCircuitSettings,
  listCircuitSettings,
  suggestionsOf,
  type AttributeValues,
  type CircuitSettings,
  type DatedAttributes,
  type Suggestion,
} from './circuit-settings.repository.js';
export { deadDeliveries, replayDelivery, type DeadDelivery, type ReplayOutcome } from './dead-deliveries.repository.js';
export {
  addLiveEvents,
  canResume,
  followOn,
  LIVE_EVENTS_KEPT_HOURS,
  liveEventsAfter,
  liveHead,
  pruneLiveEvents,
  type LiveEvent,
  type LivePlace,
  type PlacedEvent,
} from './live/live-events.repository.js';
export {
  closedUntil,
  dayRevisions,
  retell,
  takeTurn,
  toldBefore,
  type Moved,
  type ToldBefore,
} from './live/live-told.repository.js';
export { LiveListener, type LiveListenerOptions } from './live/live-listener.js';
export {
  findReportRun,
  newestReportRuns,
  openReportRun,
  reportingZone,
  requestReportRun,
  scheduledOrgs,
  type NewReportRun,
  type ReportRunRow,
  type ReportRunStatus,
  type ScheduledOrg,
} from './reports/report-runs.repository.js';
export {
  findArchivedReport,
  keepReport,
  listReports,
  packReports,
  readReport,
  reportsOfRun,
  type ArchivedReport,
  type ArchiveFilter,
} from './reports/report-archive.repository.js';
