import { didYouMean } from './did-you-mean.js';
import { baseEndpoint, endpoint, headerFields, httpsOnly, signingSecret } from './channel-values.js';
import { jiraTemplates, serviceNowTemplates, type TicketTemplates } from './ticket-templates.settings.js';
import { listOf, optional, required, section, valueAt, withDefault, type Fields, type Reader } from './yaml-reader.js';
import { flag, integer, oneOf, parsed, secret, text } from './yaml-values.js';

/** What every channel that speaks HTTP has. */
interface Reached<T extends string> {
  /** Names the channel in policies and destinations. */
  readonly id: string;
  readonly type: T;
  /** May its address lie in a private network, and speak plain HTTP? */
  readonly allowPrivate: boolean;
}

/** An incoming webhook, or a bot that updates its message and answers below it. */
export interface SlackSettings extends Reached<'slack'> {
  readonly webhookUrl?: string;
  readonly token?: string;
  readonly channel?: string;
  readonly apiUrl: string;
}

export interface TeamsSettings extends Reached<'teams'> {
  readonly webhookUrl: string;
}

export interface WebhookSettings extends Reached<'webhook'> {
  readonly url: string;
  /** `whsec_` and base64: key of the signature. */
  readonly secret: string;
  /** Signs as well while receivers change over to `secret`. */
  readonly previousSecret?: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PagerDutySettings extends Reached<'pagerduty'> {
  readonly routingKey: string;
  readonly eventsUrl: string;
}

export interface JiraSettings extends Reached<'jira'> {
  readonly baseUrl: string;
  readonly email: string;
  readonly token: string;
  readonly projectKey: string;
  readonly issueType: string;
  /** Name of the transition, or of the status, that ends a ticket; without it the first that leads to "done". */
  readonly resolveTransition?: string;
  readonly templates: TicketTemplates;
}

export interface ServiceNowSettings extends Reached<'servicenow'> {
  readonly baseUrl: string;
  readonly user: string;
  readonly password: string;
  readonly table: string;
  readonly assignmentGroup?: string;
  /** What an incident becomes when it is over. */
  readonly resolvedState: number;
  readonly closeCode: string;
  readonly templates: TicketTemplates;
}

export type ChannelSettings =
  SlackSettings | TeamsSettings | WebhookSettings | PagerDutySettings | JiraSettings | ServiceNowSettings;
export type ChannelType = ChannelSettings['type'];
export type ChannelSettingsOf<T extends ChannelType> = Extract<ChannelSettings, { type: T }>;

/** The mails of the section `email`. */
const RESERVED_ID = 'email';
const parseId = (value: string): string | null =>
  /^[a-z0-9][a-z0-9-]{0,39}$/.test(value) && value !== RESERVED_ID ? value : null;

const reached = <T extends ChannelType>(type: T): Fields<Reached<T>> => ({
  id: required(parsed(parseId, 'small letters, digits and -, at most 40, and not "email", which is the section of that name')),
  type: required(oneOf([type])),
  allowPrivate: withDefault(flag, false),
});
const secretEndpoint = endpoint(secret);
const jiraKey = parsed((value) => (/^[A-Za-z][A-Za-z0-9_]*$/.test(value) ? value : null), 'a project key like NET');
const tableName = parsed((value) => (/^[a-z][a-z0-9_]*$/.test(value) ? value : null), 'the name of a table like incident');

const slack: Reader<SlackSettings> = (place) => {
  const settings = section<SlackSettings>({
    ...reached('slack'),
    webhookUrl: optional(secretEndpoint),
    token: optional(secret),
    channel: optional(text),
    apiUrl: withDefault(baseEndpoint, 'https://slack.com/api'),
  })(place);
  const hasBot = settings.token !== undefined && settings.channel !== undefined;
  const hasPart = settings.token !== undefined || settings.channel !== undefined;
  if ((settings.webhookUrl !== undefined) === hasPart || hasPart !== hasBot)
    place.fault('should have either webhookUrl, or token and channel');
  return settings;
};

const READERS: { readonly [T in ChannelType]: Reader<ChannelSettingsOf<T>> } = {
  slack,
  teams: section<TeamsSettings>({ ...reached('teams'), webhookUrl: required(secretEndpoint) }),
  webhook: section<WebhookSettings>({
    ...reached('webhook'),
    url: required(secretEndpoint),
    secret: required(signingSecret),
    previousSecret: optional(signingSecret),
    headers: withDefault(headerFields, {}),
  }),
  pagerduty: section<PagerDutySettings>({
    ...reached('pagerduty'),
    routingKey: required(secret),
    eventsUrl: withDefault(endpoint(text), 'https://events.pagerduty.com/v2/enqueue'),
  }),
  jira: section<JiraSettings>({
    ...reached('jira'),
    baseUrl: required(baseEndpoint),
    email: required(text),
    token: required(secret),
    projectKey: required(jiraKey),
    issueType: withDefault(text, 'Task'),
    resolveTransition: optional(text),
    templates: jiraTemplates,
  }),
  servicenow: section<ServiceNowSettings>({
    ...reached('servicenow'),
    baseUrl: required(baseEndpoint),
    user: required(text),
    password: required(secret),
    table: withDefault(tableName, 'incident'),
    assignmentGroup: optional(text),
    resolvedState: withDefault(integer({ min: 1 }), 6),
    closeCode: withDefault(text, 'Resolved by caller'),
    templates: serviceNowTemplates,
  }),
};

const TYPES = Object.keys(READERS);
const isChannelType = (value: unknown): value is ChannelType => typeof value === 'string' && TYPES.includes(value);

const channel: Reader<ChannelSettings | null> = (place) => {
  const type = valueAt(place, 'type');
  if (!isChannelType(type)) {
    place.fault(`should have a type of ${TYPES.join(', ')}${typeof type === 'string' ? didYouMean(type, TYPES) : ''}`);
    return null;
  }
  const settings: ChannelSettings = READERS[type](place);
  httpsOnly(place, settings);
  return settings;
};

/** All channels beside e-mail; two with one id are a fault. */
export const readChannels: Reader<readonly ChannelSettings[]> = (place) => {
  const channels = listOf(channel)(place).flatMap((settings) => settings ?? []);
  const ids = channels.map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => id !== undefined && ids.indexOf(id) !== index)))
    place.fault(`two channels have the id ${id}`);
  return channels;
};
