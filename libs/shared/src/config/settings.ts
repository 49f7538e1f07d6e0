import { readFileSync } from 'node:fs';
import { isNativeError } from 'node:util/types';
import type { GroupBy, RuleDefinition } from '@app/domain';
import type { Environment } from './env.js';
import { ConfigError, type ConfigFault } from './config.error.js';
import { readChannels, type ChannelSettings } from './channels.settings.js';
import { collectFields, type CollectSettings } from './collect.settings.js';
import { readFactExport, type FactExportSettings } from './fact-export.settings.js';
import { outageFields, readGroupBy, type OutageAlertSettings } from './grouping.settings.js';
import { readHeartbeat, type HeartbeatSettings } from './heartbeat.settings.js';
import { readLogin, type LoginSettings } from './login.settings.js';
import { readOrgs, type OrgSettings } from './org.settings.js';
import {
  limitFields,
  readPeople,
  readPolicies,
  readRotas,
  type LimitSettings,
  type RoutingSettings,
} from './policies.settings.js';
import { registerSecret, registerUrlSecret, scrub } from './redact.js';
import { reportsFields, type ReportsSettings } from './reports.settings.js';
import { readRules } from './rules.settings.js';
import { healthFields, trendFields, type HealthSettings, type TrendSettings } from './trend.settings.js';
import { thresholdFields, type ThresholdSettings } from './thresholds.settings.js';
import { defaulted, listOf, optional, readYaml, required, section, withDefault } from './yaml-reader.js';
import { flag, integer, oneOf, parsed } from './yaml-values.js';

export interface FactsSettings {
  /** Two observations further apart than this have unknown time between them; exactly this much still counts. */
  readonly maxGapMinutes: number;
  /** Minutes of circuits whose gateway is cut off from the cloud. */
  readonly disconnectedCountsAs: 'unknown' | 'down';
  /** Files for a warehouse; `undefined` = none. */
  readonly export?: FactExportSettings;
}

/** How long is kept what was measured (W1), and what was made of it. */
export interface RetentionSettings {
  /** Samples, events and judgements. */
  readonly samplesDays: number;
  /** Hours, days, weeks, months, state intervals: whole calendar months before the running one. */
  readonly historyMonths: number;
}

export interface AlertSettings {
  readonly groupWaitSeconds: number;
  readonly groupIntervalSeconds: number;
  readonly repeatMinutes: number;
  readonly siteDownForSeconds: number;
  readonly circuitUpForSeconds: number;
  /** Good polls in a row that clear an SLE alert. */
  readonly sleClearPolls: number;
  /** Transitions within an hour that make a circuit flapping. */
  readonly flappingTransitions: number;
  /** By rule: what its alerts are told together by, where it is not the default. */
  readonly groupBy: GroupBy;
  readonly outages: OutageAlertSettings;
  /** How long the link to acknowledge of a notice holds. */
  readonly ackLinkHours: number;
}

export interface EmailSettings {
  /** `smtp://user:password@host:port`, or `smtps://` for TLS from the start. */
  readonly smtpUrl: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly replyTo?: string;
  /** Attach the summary report. */
  readonly summaryReport: boolean;
}

export interface Settings extends RoutingSettings {
  readonly orgs: readonly OrgSettings[];
  readonly collect: CollectSettings;
  readonly facts: FactsSettings;
  readonly retention: RetentionSettings;
  readonly thresholds: ThresholdSettings;
  readonly trends: TrendSettings;
  readonly health: HealthSettings;
  readonly alerts: AlertSettings;
  readonly email?: EmailSettings;
  readonly reports: ReportsSettings;
  /** Rules of one's own, and what differs of the built-in ones. */
  readonly rules: readonly RuleDefinition[];
  /** Ways to reach people beside e-mail. */
  readonly channels: readonly ChannelSettings[];
  /** Whom to call as long as all works; `undefined` = nobody. */
  readonly heartbeat?: HeartbeatSettings;
  /** How people log in; `undefined` = there are keys only. */
  readonly login?: LoginSettings;
}

const parseSmtpUrl = (value: string): string | null => (/^smtps?:\/\/\S+$/.test(value) && URL.canParse(value) ? value : null);
/** `a@b.example` or `Name <a@b.example>`; a line break would let a value write headers. */
const parseAddress = (value: string): string | null =>
  /^([^\r\n<>]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(value) ? value : null;
const address = parsed(parseAddress, 'an e-mail address');
const seconds = (value: number) => withDefault(integer({ min: 0, max: 86_400 }), value);
const count = (value: number) => withDefault(integer({ min: 1 }), value);

const readSettings = section<Settings>({
  orgs: withDefault(readOrgs, []),
  collect: defaulted(collectFields),
  facts: defaulted<FactsSettings>({
    maxGapMinutes: withDefault(integer({ min: 1, max: 1440 }), 60),
    disconnectedCountsAs: withDefault(oneOf(['unknown', 'down']), 'unknown'),
    export: optional(readFactExport),
  }),
  retention: defaulted<RetentionSettings>({
    samplesDays: withDefault(integer({ min: 7, max: 365 }), 30),
    historyMonths: withDefault(integer({ min: 13, max: 120 }), 13),
  }),
  thresholds: defaulted(thresholdFields),
  trends: defaulted(trendFields),
  health: defaulted(healthFields),
  alerts: defaulted<AlertSettings>({
    groupWaitSeconds: seconds(30),
    groupIntervalSeconds: seconds(300),
    repeatMinutes: count(240),
    siteDownForSeconds: seconds(120),
    circuitUpForSeconds: seconds(120),
    sleClearPolls: count(2),
    flappingTransitions: withDefault(integer({ min: 2 }), 4),
    groupBy: withDefault(readGroupBy, {}),
    outages: defaulted(outageFields),
    ackLinkHours: withDefault(integer({ min: 1, max: 720 }), 24),
  }),
  email: optional(
    section<EmailSettings>({
      smtpUrl: required(parsed(parseSmtpUrl, 'a URL like smtp://user:password@mail.example.com:587')),
      from: required(address),
      to: required(listOf(address)),
      replyTo: optional(address),
      summaryReport: withDefault(flag, true),
    }),
  ),
  reports: defaulted(reportsFields),
  rules: withDefault(readRules, []),
  channels: withDefault(readChannels, []),
  people: withDefault(readPeople, {}),
  rotas: withDefault(readRotas, []),
  policies: withDefault(readPolicies, []),
  limits: defaulted<LimitSettings>(limitFields),
  heartbeat: optional(readHeartbeat),
  login: optional(readLogin),
});

/** Settings from the text of a file; throws a `ConfigError` with every fault. */
export function parseSettings(yaml: string, variables: Environment['variables'], file = 'config/mistwatch.yaml'): Settings {
  const { value, secrets } = readYaml({ file, text: yaml, variables }, readSettings);
  for (const found of secrets) registerSecret(found);
  if (value.email !== undefined) registerUrlSecret(value.email.smtpUrl);
  return value;
}

/** Settings of this process; throws a `ConfigError` with every fault. */
export function loadSettings({ configFile, variables }: Pick<Environment, 'configFile' | 'variables'>): Settings {
  return parseSettings(readText(configFile), variables, configFile);
}

/** What is wrong with a file; empty when nothing is. */
export function checkSettings(file: string, variables: Environment['variables']): readonly ConfigFault[] {
  try {
    loadSettings({ configFile: file, variables });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** The settings with all defaults, ready to print: no token and no password in it. */
export function describeSettings(settings: Settings): unknown {
  return scrub(settings);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = isNativeError(cause) && 'code' in cause ? String(cause.code) : 'unreadable';
    const message = `cannot be read (${reason}); set CONFIG_FILE or copy the example`;
    throw new ConfigError([{ path: '', file, line: null, message }]);
  }
}
