import { optional, required, section, withDefault, listOf, type Reader } from './yaml-reader.js';
import { webhookField, type OrgWebhookSettings } from './org-webhook.settings.js';
import { flag, parsed, secret, text } from './yaml-values.js';

/** Which site groups are regions: a list of names, or all whose name starts with a prefix (which is cut off). */
export type RegionSettings = { readonly groups: readonly string[] } | { readonly prefix: string };

export interface OrgSettings {
  readonly id: string;
  readonly name?: string;
  /** URL of the Mist cloud, without a slash at the end. */
  readonly baseUrl: string;
  readonly token: string;
  /** A second token, for its own budget of calls. */
  readonly token2?: string;
  /** IANA name; days, weeks and months are those of this zone. */
  readonly reportingTimezone: string;
  readonly regions?: RegionSettings;
  /** What Mist tells by itself; without it nobody's deliveries are taken. */
  readonly webhook?: OrgWebhookSettings;
  readonly enabled: boolean;
}

const regions: Reader<RegionSettings> = (place) => {
  const { groups, prefix } = section<{ groups?: readonly string[]; prefix?: string }>({
    groups: optional(listOf(text)),
    prefix: optional(text),
  })(place);
  if ((groups === undefined) === (prefix === undefined)) place.fault('should have either groups or prefix');
  return groups === undefined ? { prefix: prefix ?? '' } : { groups };
};

/** A bare host means https; a URL may be given for tests and proxies. */
export function parseBaseUrl(value: string): string | null {
  const url = value.includes('://') ? value : `https://${value}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || /\s/.test(url)) return null;
  return url.replace(/\/+$/, '');
}

/** The zone itself when the runtime knows it. */
export function parseTimezone(value: string): string | null {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone === '' ? null : value;
  } catch {
    return null; // RangeError: not an IANA name
  }
}

export const readOrg = section<OrgSettings>({
  id: required(text),
  name: optional(text),
  baseUrl: required(parsed(parseBaseUrl, 'a host like api.mist.com, or an http(s) URL')),
  token: required(secret),
  token2: optional(secret),
  reportingTimezone: withDefault(parsed(parseTimezone, 'a time zone like Europe/Berlin or UTC'), 'UTC'),
  regions: optional(regions),
  webhook: webhookField,
  enabled: withDefault(flag, true),
});

/** All orgs; two with one id are a fault. */
export const readOrgs: Reader<readonly OrgSettings[]> = (place) => {
  const orgs = listOf(readOrg)(place);
  const ids = orgs.map(({ id }) => id);
  const doubled = ids.filter((id, index) => id !== '' && id !== undefined && ids.indexOf(id) !== index);
  for (const id of new Set(doubled)) place.fault(`two orgs have the id ${id}`);
  return orgs;
};

/** The id of an org that is found out from its token. */
export const FOUND_OUT_ID = 'auto';

/** What the configuration says of a stored org: its own entry, otherwise the single one whose id is found out from its token. */
export function orgSettingsOf({ orgs }: { readonly orgs: readonly OrgSettings[] }, externalId: string): OrgSettings | undefined {
  const own = orgs.find(({ id }) => id === externalId);
  if (own !== undefined) return own;
  const foundOut = orgs.filter(({ id }) => id === FOUND_OUT_ID);
  return foundOut.length === 1 ? foundOut[0] : undefined;
}
