import { createHash } from 'node:crypto';
import type { AlertMatcher } from '@app/domain';
import { scrub } from './redact.js';
import type { Settings } from './settings.js';
import type { ThresholdSettings } from './thresholds.settings.js';

/** Settings that say what is an alert and who is told: each of their keys is an item of its own. */
const SECTIONS = ['trends', 'health', 'alerts', 'limits'] as const;
/** Thresholds whose keys do not tell which org they are of. */
const ELSEWHERE = ['regions', 'storeTypes', 'sites', 'circuits'] as const;

type Item = readonly [name: string, value: unknown];

/**
 * What the configuration says about alerts of one org, by a name that stays: `rule:custom:slow-links`, `policy:office`,
 * `alerts.repeatMinutes`. Without secrets, and without what is about other orgs.
 */
export function configItems(settings: Settings, orgId: string): Readonly<Record<string, unknown>> {
  const { rules, policies, rotas, people, channels, email, heartbeat } = settings;
  const items: Item[] = [
    ...named('rule', concerning(orgId, rules)),
    ...named('policy', concerning(orgId, policies)),
    ...named('rota', rotas),
    ...named('channel', channels),
    ...Object.entries(people).map(([name, addresses]): Item => [`person:${name}`, addresses]),
    ['email', email ?? null],
    ['heartbeat', heartbeat ?? null],
    ...thresholdItems(settings.thresholds, orgId),
    ...SECTIONS.flatMap((section) => Object.entries(settings[section]).map(([key, value]): Item => [`${section}.${key}`, value])),
  ];
  return Object.fromEntries(items.map(([name, value]) => [name, scrub(value)]));
}

const named = (kind: string, each: readonly { readonly id: string }[]): Item[] =>
  each.map((item) => [`${kind}:${item.id}`, item]);

const concerning = <T extends { readonly match?: AlertMatcher }>(orgId: string, each: readonly T[]): T[] =>
  each.filter(({ match }) => match?.orgs === undefined || match.orgs.includes(orgId));

/** That thresholds of sites or regions changed is told, but not which: they may be another org's. */
function thresholdItems({ default: base, orgs, ...others }: ThresholdSettings, orgId: string): Item[] {
  return [
    ['thresholds.default', base],
    ['thresholds.org', orgs[orgId] ?? {}],
    ...ELSEWHERE.map((key): Item => [`thresholds.${key}`, { fingerprint: fingerprintOf(others[key]) }]),
  ];
}

const fingerprintOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
