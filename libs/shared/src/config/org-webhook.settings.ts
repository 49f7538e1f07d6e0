import { optional, section, required, withDefault, type Field, type Reader } from './yaml-reader.js';
import { flag, parsed, secret } from './yaml-values.js';

/** Mist's webhook of one organization: how its deliveries are recognized, and who looks after it in Mist. */
export interface OrgWebhookSettings {
  /** Signs every delivery. */
  readonly secret: string;
  /** Still accepted while Mist is being given the new one. */
  readonly previousSecret?: string;
  /** Where Mist sends to, e.g. `https://mistwatch.example.com/v1/hooks/mist/<org>`. */
  readonly url?: string;
  /** The collector creates and repairs the webhook in Mist; its token needs write access. */
  readonly manage: boolean;
}

const MIN_SECRET_LENGTH = 16;

const parseSecret = (value: string): string | null => (value.length >= MIN_SECRET_LENGTH ? value : null);
const strongSecret = parsed(parseSecret, `a secret of at least ${String(MIN_SECRET_LENGTH)} characters`, secret);

/** An address Mist can post to: no credentials, no fragment. */
export function parseWebhookUrl(value: string): string | null {
  if (!URL.canParse(value) || /\s/.test(value)) return null;
  const { protocol, username, password, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '' ? value : null;
}

const readWebhook: Reader<OrgWebhookSettings> = (place) => {
  const settings = section<OrgWebhookSettings>({
    secret: required(strongSecret),
    previousSecret: optional(strongSecret),
    url: optional(parsed(parseWebhookUrl, 'a URL like https://mistwatch.example.com/v1/hooks/mist/<org>')),
    manage: withDefault(flag, false),
  })(place);
  if (settings.manage && settings.url === undefined) place.fault('should have a url, because manage is true');
  return settings;
};

/** The section `webhook` of an org. */
export const webhookField: Field<OrgWebhookSettings | undefined> = optional(readWebhook);
