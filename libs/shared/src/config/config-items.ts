import { createHash } from 'node:crypto';
import type { AlertMatcher } from '@app/domain';
import type { LoginSettings } from './login.settings.js';
import { scrub } from './redact.js';
import type { Settings } from './settings.js';
import type { ThresholdSettings } from './thresholds.settings.js';

/** One thing that the configuration says. */
export interface ConfigItem {
  /** What the audit log may show of it; `null` = only that it changed. */
  readonly shown: unknown;
  /** What is compared besides, as text, and never shown: secrets, addresses of people, names of other orgs. */
  readonly hidden: string | null;
}

/** Settings that say what is an alert and who is told: each of their keys is an item of its own. */
const SECTIONS = ['trends', 'health', 'alerts', 'limits'] as const;
/** Thresholds whose keys do not tell which org they are of. */
const ELSEWHERE = ['regions', 'storeTypes', 'sites', 'circuits'] as const;

type Named = readonly [name: string, item: ConfigItem];

/**
 * What the configuration says about alerts of one org, by a name that stays: `rule:custom:slow-links`, `policy:office`,
 * `alerts.repeatMinutes`. Without what is about other orgs alone.
 */
export function configItems(settings: Settings, orgId: string): ReadonlyMap<string, ConfigItem> {
  const { rules, policies, rotas, people, channels, email, heartbeat, login } = settings;
  return new Map<string, ConfigItem>([
    ...concerning(orgId, rules).map((rule): Named => [`rule:${rule.id}`, shown(rule)]),
    ...concerning(orgId, policies).map((policy): Named => [`policy:${policy.id}`, shown(policy)]),
    ...rotas.map((rota): Named => [`rota:${rota.id}`, hidden(rota)]),
    ...channels.map((channel): Named => [`channel:${channel.id}`, hidden(channel)]),
    ['people', hidden(Object.entries(people).sort(([a], [b]) => (a < b ? -1 : 1)))],
    ['email', hidden(email ?? null)],
    ['heartbeat', hidden(heartbeat ?? null)],
    ...(login === undefined ? [] : loginItems(login, orgId)),
    ...thresholdItems(settings.thresholds, orgId),
    ...SECTIONS.flatMap((section) =>
      Object.entries(settings[section]).map(([key, value]): Named => [`${section}.${key}`, shown(value)]),
    ),
  ]);
}

const shown = (value: unknown): ConfigItem => ({ shown: scrub(value), hidden: null });
/** A digest, as a file of settings is long; salted where it is kept. */
const hidden = (value: unknown): ConfigItem => ({
  shown: null,
  hidden: createHash('sha256').update(JSON.stringify(value)).digest('base64url'),
});

/** Those that may concern the org, without the names of other orgs. */
function concerning<T extends { readonly match?: AlertMatcher }>(orgId: string, each: readonly T[]): T[] {
  return each.flatMap((one) => {
    const orgs = one.match?.orgs;
    if (orgs === undefined) return one;
    return orgs.includes(orgId) ? { ...one, match: { ...one.match, orgs: [orgId] } } : [];
  });
}

/** A rule may name a person, so that its value is not shown. */
function loginItems({ roles, ...login }: LoginSettings, orgId: string): Named[] {
  const reaching = roles.filter(({ orgs }) => orgs === 'all' || orgs.includes(orgId));
  const told = reaching.map(({ claim, value, role }) => ({ claim, value, role }));
  return [
    ['login', hidden(login)],
    ['login.roles', { ...hidden(told), shown: scrub(told.map(({ claim, role }) => ({ claim, role }))) }],
  ];
}

/** That thresholds of sites or regions changed is told, but not which: they may be another org's. */
function thresholdItems({ default: base, orgs, ...others }: ThresholdSettings, orgId: string): Named[] {
  return [
    ['thresholds.default', shown(base)],
    ['thresholds.org', shown(orgs[orgId] ?? {})],
    ...ELSEWHERE.map((key): Named => [`thresholds.${key}`, hidden(others[key])]),
  ];
}
