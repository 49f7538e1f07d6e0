import { isSeverity, severityRank, type Severity, SEVERITIES } from '../severity.js';

/** What a policy, a silence, a rule or a window can ask of an alert: the ids are those that people know. */
export interface AlertSubject {
  readonly rule: string;
  readonly severity: Severity;
  readonly org: string;
  /** `null` = it is about no single site. */
  readonly site: string | null;
  readonly region: string | null;
  readonly storeType: string | null;
  /** Circuits it is about (`mac:port`), and their providers; empty for an alert about a site. */
  readonly circuits: readonly string[];
  readonly providers: readonly string[];
  /** Metrics that are bad. */
  readonly metrics: readonly string[];
}

/** Every key that is given must hold; a key holds when any of its values does. Without keys it fits everything. */
export interface AlertMatcher {
  readonly rules?: readonly string[];
  /** At least as bad as the mildest of these. */
  readonly severities?: readonly Severity[];
  readonly orgs?: readonly string[];
  readonly regions?: readonly string[];
  readonly storeTypes?: readonly string[];
  readonly sites?: readonly string[];
  readonly providers?: readonly string[];
  readonly circuits?: readonly string[];
  readonly metrics?: readonly string[];
}

export type MatcherKey = keyof AlertMatcher;

type Test = (values: readonly string[], subject: AlertSubject) => boolean;
const one =
  (valueOf: (subject: AlertSubject) => string | null): Test =>
  (values, subject) => {
    const value = valueOf(subject);
    return value !== null && values.includes(value);
  };
const any =
  (valuesOf: (subject: AlertSubject) => readonly string[]): Test =>
  (values, subject) =>
    valuesOf(subject).some((value) => values.includes(value));

/** THE LIST of keys: what each asks. */
const TESTS: Readonly<Record<MatcherKey, Test>> = {
  rules: one(({ rule }) => rule),
  severities: (values, { severity }) =>
    values.some((value) => isSeverity(value) && severityRank(severity) >= severityRank(value)),
  orgs: one(({ org }) => org),
  regions: one(({ region }) => region),
  storeTypes: one(({ storeType }) => storeType),
  sites: one(({ site }) => site),
  providers: any(({ providers }) => providers),
  circuits: any(({ circuits }) => circuits),
  metrics: any(({ metrics }) => metrics),
};

export const MATCHER_KEYS = Object.keys(TESTS) as readonly MatcherKey[];

/** Does the matcher fit this alert? */
export const matches = (matcher: AlertMatcher, subject: AlertSubject): boolean =>
  MATCHER_KEYS.every((key) => {
    const values = matcher[key];
    return values === undefined || TESTS[key](values, subject);
  });

/** A value of a matcher that cannot be used: where, and how to mend it. */
export interface MatcherFault {
  readonly key: string;
  readonly message: string;
}

/** More values than this in one key are a mistake, or meant to be slow. */
const MOST_VALUES = 1_000;
const LONGEST_VALUE = 400;

/** Reads a matcher out of unknown input. Either faults or a matcher that `matches` can answer. */
export function parseMatcher(
  input: unknown,
  known: { readonly rules?: readonly string[] } = {},
): { readonly matcher: AlertMatcher; readonly faults: readonly MatcherFault[] } {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { matcher: {}, faults: [{ key: '', message: `should be a section with any of ${MATCHER_KEYS.join(', ')}` }] };
  const entries = Object.entries(input).filter(([, value]) => value !== undefined);
  const faults = entries.flatMap(([key, value]) => faultsOf(key, value, known.rules));
  return faults.length > 0 ? { matcher: {}, faults } : { matcher: Object.fromEntries(entries), faults };
}

function faultsOf(key: string, value: unknown, rules: readonly string[] | undefined): MatcherFault[] {
  const fault = (message: string): MatcherFault[] => [{ key, message }];
  if (!MATCHER_KEYS.some((known) => known === key)) return fault(`is no key of a matcher; use any of ${MATCHER_KEYS.join(', ')}`);
  if (!Array.isArray(value) || !value.every(isValue))
    return fault(`should be a list of texts of at most ${LONGEST_VALUE} characters`);
  if (value.length === 0) return fault('is empty and would fit nothing; name at least one, or leave the key out');
  if (value.length > MOST_VALUES) return fault(`has more than ${MOST_VALUES} values; use a wider key instead`);
  if (key === 'severities') {
    const wrong = value.find((each) => !isSeverity(each));
    if (wrong !== undefined) return fault(`"${wrong}" is no severity; use ${SEVERITIES.join(', ')}`);
  }
  if (key === 'rules' && rules !== undefined) {
    const wrong = value.find((each) => !rules.includes(each));
    if (wrong !== undefined) return fault(`"${wrong}" is no rule; known are ${rules.join(', ')}`);
  }
  return [];
}

const isValue = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_VALUE;
