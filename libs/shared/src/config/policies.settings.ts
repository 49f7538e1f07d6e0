import {
  ALERT_RULE_IDS,
  DEFAULT_POLICY,
  parseLocalTime,
  parseMatcher,
  parseTimeOfDay,
  SEVERITIES,
  WEEKDAYS,
  type AlertMatcher,
  type DailyDigest,
  type EscalationStep,
  type Policy,
  type Rota,
  type Severity,
  type Weekday,
  type WorkingHours,
} from '@app/domain';
import { parseTimezone } from './org.settings.js';
import { addressee, customRules, member, ownAddress } from './routing-names.js';
import {
  anyValue,
  listOf,
  mapOf,
  optional,
  required,
  section,
  withDefault,
  type Fields,
  type Place,
  type Reader,
} from './yaml-reader.js';
import { integer, oneOf, parsed, text } from './yaml-values.js';

export interface LimitSettings {
  /** Notices that one destination gets within an hour; further ones are told together. */
  readonly perDestinationPerHour: number;
}

/** Who is told what, when, and by whom in turn. */
export interface RoutingSettings {
  /** Destinations of a person, by the name that rotas and policies use. */
  readonly people: Readonly<Record<string, readonly string[]>>;
  readonly rotas: readonly Rota[];
  /** The first that fits counts. */
  readonly policies: readonly Policy[];
  readonly limits: LimitSettings;
}

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;
export const timezone = parsed(parseTimezone, 'a time zone like Europe/Berlin or UTC');
export const timeOfDay = parsed(parseTimeOfDay, 'a time like "08:30", in quotes');
const severity = oneOf(SEVERITIES);
const parseId = (value: string): string | null => (/^[a-z0-9][a-z0-9-]{0,62}$/.test(value) ? value : null);
export const id = parsed(parseId, 'small letters, digits and -, at most 63');

/** What a list of things with ids has twice is a fault. */
export const unique =
  <T extends { readonly id: string }>(read: Reader<T>, taken: readonly string[] = []): Reader<readonly T[]> =>
  (place) => {
    const seen = new Set(taken);
    return listOf<T>((each) => {
      const value = read(each);
      if (seen.has(value.id)) each.fault(`the id ${value.id} is taken`, `${each.path}.id`);
      seen.add(value.id);
      return value;
    })(place);
  };

export const nonEmpty =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (place) => {
    const before = place.source.faults.length;
    const values = listOf(read)(place);
    if (values.length === 0 && place.source.faults.length === before) place.fault('should name at least one');
    return values;
  };

interface RotaEntry {
  readonly id: string;
  readonly timezone: string;
  readonly from: string;
  readonly turnDays: number;
  readonly members: readonly string[];
}

const rotaEntry = section<RotaEntry>({
  id: required(id),
  timezone: required(timezone),
  from: required(text),
  turnDays: withDefault(integer({ min: 1, max: 366 }), 7),
  members: required(nonEmpty(member)),
});

/** The handover is a time on the clocks of the rota's own zone. */
const readRota: Reader<Rota> = (place) => {
  const { from, ...entry } = rotaEntry(place);
  const isReadable = from !== '' && from !== undefined && parseTimezone(entry.timezone) !== null;
  const at = isReadable ? parseLocalTime(from, entry.timezone) : 0;
  if (at === null) place.fault('should be a local time like 2026-01-05T09:00', `${place.path}.from`);
  return Object.freeze({ ...entry, from: at ?? 0 });
};

const match: Reader<AlertMatcher> = (place) => {
  const rules = [...ALERT_RULE_IDS, ...customRules(place)];
  const { matcher, faults } = parseMatcher(anyValue(place) ?? {}, { rules });
  for (const { key, message } of faults) place.fault(message, key === '' ? place.path : `${place.path}.${key}`);
  return Object.freeze(matcher);
};

interface StepEntry {
  readonly afterMinutes: number;
  readonly to: readonly string[];
  readonly repeatMinutes?: number;
  readonly repeats?: number;
}

const stepEntry = section<StepEntry>({
  afterMinutes: withDefault(integer({ min: 0, max: WEEK_MINUTES }), 0),
  to: required(nonEmpty(addressee)),
  repeatMinutes: optional(integer({ min: 1, max: WEEK_MINUTES })),
  repeats: optional(integer({ min: 0, max: 1000 })),
});

const readStep: Reader<EscalationStep> = (place) => {
  const { afterMinutes, to, repeatMinutes, repeats } = stepEntry(place);
  return Object.freeze({
    afterMs: afterMinutes * MINUTE_MS,
    to,
    repeatMs: repeatMinutes === undefined ? null : repeatMinutes * MINUTE_MS,
    repeats: repeats ?? null,
  });
};

const readSteps: Reader<readonly EscalationStep[]> = (place) => {
  const steps = nonEmpty(readStep)(place);
  if (steps.some(({ afterMs }, i) => afterMs < (steps[i - 1]?.afterMs ?? 0)))
    place.fault('should be in the order of their afterMinutes');
  return steps;
};

interface HoursEntry {
  readonly timezone: string;
  readonly days: readonly Weekday[];
  readonly from: number;
  readonly to: number;
  readonly below: Severity;
}

const hoursEntry = section<HoursEntry>({
  timezone: required(timezone),
  days: withDefault(nonEmpty(oneOf(WEEKDAYS)), ['mo', 'tu', 'we', 'th', 'fr']),
  from: required(timeOfDay),
  to: required(timeOfDay),
  below: withDefault(severity, 'critical'),
});

const readHours: Reader<WorkingHours> = (place) => {
  const { from: fromMinute, to: toMinute, ...rest } = hoursEntry(place);
  return Object.freeze({ ...rest, fromMinute, toMinute });
};

const digestEntry = section<{ at: number; timezone: string; below: Severity }>({
  at: required(timeOfDay),
  timezone: required(timezone),
  below: withDefault(severity, 'major'),
});

const readDigest: Reader<DailyDigest> = (place) => {
  const { at: minute, ...rest } = digestEntry(place);
  return Object.freeze({ ...rest, minute });
};

interface PolicyEntry {
  readonly id: string;
  readonly match: AlertMatcher;
  readonly steps: readonly EscalationStep[];
  readonly ackTimeoutMinutes?: number;
  readonly workingHours?: WorkingHours;
  readonly digest?: DailyDigest;
}

const policyEntry = section<PolicyEntry>({
  id: required(id),
  match: withDefault(match, {}),
  steps: required(readSteps),
  ackTimeoutMinutes: optional(integer({ min: 1, max: WEEK_MINUTES })),
  workingHours: optional(readHours),
  digest: optional(readDigest),
});

const readPolicy: Reader<Policy> = (place: Place) => {
  const { ackTimeoutMinutes, workingHours, digest, ...rest } = policyEntry(place);
  return Object.freeze({
    ...rest,
    ackTimeoutMs: ackTimeoutMinutes === undefined ? null : ackTimeoutMinutes * MINUTE_MS,
    workingHours: workingHours ?? null,
    digest: digest ?? null,
  });
};

export const limitFields: Fields<LimitSettings> = {
  perDestinationPerHour: withDefault(integer({ min: 1, max: 10_000 }), 60),
};

export const readPeople: Reader<RoutingSettings['people']> = mapOf(nonEmpty(ownAddress));
export const readRotas: Reader<readonly Rota[]> = unique(readRota);
export const readPolicies: Reader<readonly Policy[]> = unique(readPolicy, [DEFAULT_POLICY.id]);
