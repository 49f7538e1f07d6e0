import {
  ALERT_RULE_IDS,
  parseMatcher,
  type AlertMatcher,
  type NoticeSettings,
  type Policy,
  type Rota,
  type Span,
} from '@app/domain';
import { parse } from 'yaml';
import { ConfigError, type ConfigFault } from './config.error.js';
import { parseSettings, type AlertSettings, type Settings } from './settings.js';

/** A silence that is tried. */
export interface TriedSilence extends Span {
  readonly matcher: AlertMatcher;
}

/** Who would be told what: the configuration with some of its sections replaced, and other silences than there were. */
export interface TriedRouting {
  readonly people: Settings['people'];
  readonly rotas: readonly Rota[];
  readonly policies: readonly Policy[];
  readonly notices: NoticeSettings;
  /** `null` = those that there were. */
  readonly silences: readonly TriedSilence[] | null;
}

const SECTIONS = ['people', 'rotas', 'policies', 'alerts', 'silences'] as const;
const ALERT_KEYS = ['groupWaitSeconds', 'groupIntervalSeconds', 'repeatMinutes'] as const;

export const noticeSettingsOf = ({ groupWaitSeconds, groupIntervalSeconds, repeatMinutes }: AlertSettings): NoticeSettings => ({
  groupWaitMs: groupWaitSeconds * 1000,
  groupIntervalMs: groupIntervalSeconds * 1000,
  repeatMs: repeatMinutes * 60_000,
});

/** As the configuration has it. */
export const routingOf = (settings: Settings): TriedRouting => ({
  people: settings.people,
  rotas: settings.rotas,
  policies: settings.policies,
  notices: noticeSettingsOf(settings.alerts),
  silences: null,
});

/** Reads sections about routing beside what the configuration has; throws a `ConfigError` with every fault. */
export function parseRouting(settings: Settings, given: unknown, file: string): TriedRouting {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError([fault(file, '', `should be sections: any of ${SECTIONS.join(', ')}`)]);
  const sections: Readonly<Record<string, unknown>> = { ...given };
  const unknown = Object.keys(sections).filter((key) => !SECTIONS.some((known) => known === key));
  const faults = unknown.map((key) => fault(file, key, `is no section of this; use any of ${SECTIONS.join(', ')}`));
  const { silences, ...routing } = sections;
  if (Object.keys(sections).length === 0) faults.push(fault(file, '', `has nothing to try: give any of ${SECTIONS.join(', ')}`));
  faults.push(...faultsOfAlerts(routing['alerts'], file));
  if (faults.length > 0) throw new ConfigError(faults);
  const read = parseSettings(JSON.stringify({ ...known(settings), ...routing }), {}, file);
  return {
    people: 'people' in routing ? read.people : settings.people,
    rotas: 'rotas' in routing ? read.rotas : settings.rotas,
    policies: 'policies' in routing ? read.policies : settings.policies,
    notices: noticeSettingsOf(
      'alerts' in routing ? { ...settings.alerts, ...pickedAlerts(read.alerts, routing['alerts']) } : settings.alerts,
    ),
    silences: silences === undefined ? null : readSilences(silences, settings, file),
  };
}

/** The sections of a file. */
export function readSections(text: string, file: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (error) {
    throw new ConfigError([fault(file, '', `not valid YAML: ${error instanceof Error ? error.message : String(error)}`)]);
  }
}

const fault = (file: string, path: string, message: string): ConfigFault => ({ file, path, line: null, message });

/** What the names in policies may stand for. Of channels and rules only the ids are asked: what is secret of them is not read a second time. */
const known = ({ email, channels, people, rotas, rules }: Settings) => ({
  ...(email === undefined ? {} : { email: { smtpUrl: 'smtp://127.0.0.1:25', from: 'a@example.com', to: [] } }),
  channels: channels.map(({ id }) => ({ id, type: 'teams', webhookUrl: 'https://example.com/known' })),
  people,
  rotas: rotas.map(({ id, members }) => ({ id, members, timezone: 'UTC', from: '2026-01-01T00:00' })),
  rules: rules.flatMap(({ id }) =>
    id.startsWith('custom:') ? [{ id: id.slice('custom:'.length), metric: 'utilization', threshold: 1 }] : [],
  ),
});

function faultsOfAlerts(alerts: unknown, file: string): ConfigFault[] {
  if (alerts === undefined || typeof alerts !== 'object' || alerts === null) return [];
  return Object.keys(alerts)
    .filter((key) => !ALERT_KEYS.some((tried) => tried === key))
    .map((key) => fault(file, `alerts.${key}`, `cannot be tried; only ${ALERT_KEYS.join(', ')} can`));
}

const pickedAlerts = (read: AlertSettings, given: unknown): Partial<AlertSettings> =>
  typeof given === 'object' && given !== null
    ? Object.fromEntries(ALERT_KEYS.filter((key) => key in given).map((key) => [key, read[key]]))
    : {};

function readSilences(given: unknown, { rules }: Settings, file: string): TriedSilence[] {
  if (!Array.isArray(given)) throw new ConfigError([fault(file, 'silences', 'should be a list of match, from and to')]);
  const names = { rules: [...ALERT_RULE_IDS, ...rules.map(({ id }) => id)] };
  const read = given.map((each: unknown, i) => readSilence(each, names, { file, path: `silences[${i}]` }));
  const faults = read.flatMap((each) => ('faults' in each ? each.faults : []));
  if (faults.length > 0) throw new ConfigError(faults);
  return read.flatMap((each) => ('silence' in each ? [each.silence] : []));
}

function readSilence(
  given: unknown,
  names: { readonly rules: readonly string[] },
  { file, path }: { readonly file: string; readonly path: string },
): { readonly silence: TriedSilence } | { readonly faults: readonly ConfigFault[] } {
  const fields: Readonly<Record<string, unknown>> = typeof given === 'object' && given !== null ? { ...given } : {};
  const { matcher, faults } = parseMatcher(fields['match'], names);
  const timeAt = (key: string): number => (typeof fields[key] === 'string' ? Date.parse(fields[key]) : NaN);
  const span = { from: timeAt('from'), to: timeAt('to') };
  const wrong = [
    ...faults.map(({ key, message }) => fault(file, `${path}.match${key === '' ? '' : `.${key}`}`, message)),
    ...(['from', 'to'] as const)
      .filter((key) => Number.isNaN(span[key]))
      .map((key) => fault(file, `${path}.${key}`, 'should be a time like 2026-03-01T00:00:00Z, in quotes')),
    ...(span.from >= span.to ? [fault(file, `${path}.to`, 'should be later than from')] : []),
  ];
  return wrong.length > 0 ? { faults: wrong } : { silence: { matcher, ...span } };
}
