export { ConfigError, formatFault, type ConfigFault } from './config.error.js';
export { Env, ENV_NAMES, loadEnv, type Environment, type LogLevel } from './env.js';
export { checkSettings, describeSettings, loadSettings, parseSettings } from './settings.js';
export type { AlertSettings, EmailSettings, FactsSettings, Settings } from './settings.js';
export type {
  ChannelSettings,
  ChannelSettingsOf,
  ChannelType,
  JiraSettings,
  PagerDutySettings,
  ServiceNowSettings,
  SlackSettings,
  TeamsSettings,
  WebhookSettings,
} from './channels.settings.js';
export { everybodyOf } from './destinations.js';
export type { TicketSeverity, TicketTemplate, TicketTemplates } from './ticket-templates.settings.js';
export { alertRulesOf, ruleBookOf } from './alert-rules.js';
export type { CollectSettings } from './collect.settings.js';
export type { OrgWebhookSettings } from './org-webhook.settings.js';
export { FOUND_OUT_ID, orgSettingsOf, type OrgSettings, type RegionSettings } from './org.settings.js';
export { THRESHOLD_LEVELS, THRESHOLD_METRICS } from './thresholds.settings.js';
export type {
  ThresholdLevel,
  ThresholdLevels,
  ThresholdMetric,
  ThresholdOverrides,
  ThresholdSettings,
} from './thresholds.settings.js';
export { configItems, type ConfigItem } from './config-items.js';
export { registerSecret, registerUrlSecret, scrub, scrubText } from './redact.js';
export { clockOf, FileClock } from './file-clock.js';
export { ConfigModule, ENV, SETTINGS, type Configuration } from './config.module.js';
export { loadConfiguration } from './load-configuration.js';
export {
  circuitThresholds,
  thresholdsByPlace,
  orgSubject,
  thresholdLayers,
  thresholdsOf,
  type ThresholdSource,
  type ThresholdSubject,
} from './circuit-thresholds.js';
export type { FactExportSettings } from './fact-export.settings.js';
export type { ReportsSettings } from './reports.settings.js';
export { isScheduledFor, type ReportSchedule } from './report-schedules.settings.js';
export { isLoopback, type LoginRole, type LoginSettings } from './login.settings.js';
export type { HeartbeatSettings } from './heartbeat.settings.js';
export type { LimitSettings, RoutingSettings } from './policies.settings.js';
export { noticeSettingsOf, parseRouting, readSections, routingOf, type TriedRouting, type TriedSilence } from './routing-over.js';
