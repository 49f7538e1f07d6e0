import type { ChannelSettingsOf, ChannelType } from './channels.settings.js';
import type { Settings } from './settings.js';

/** The address of each kind of channel, as its destinations have it; the channel itself answers the same. */
const ADDRESS_OF: { readonly [T in ChannelType]: (settings: ChannelSettingsOf<T>) => string } = {
  slack: ({ webhookUrl, channel }) => (webhookUrl === undefined ? (channel ?? '') : 'incoming-webhook'),
  teams: () => 'workflow',
  webhook: ({ url }) => new URL(url).host,
  pagerduty: () => 'service',
  jira: ({ projectKey }) => projectKey,
  servicenow: ({ table }) => table,
};

const addressOf = <T extends ChannelType>(settings: ChannelSettingsOf<T> & { readonly type: T }): string =>
  ADDRESS_OF[settings.type](settings);

/** Everybody of every channel, for those who only ask and send nothing. */
export function everybodyOf({
  email,
  channels,
}: Pick<Settings, 'email' | 'channels'>): { destination: string; channel: string }[] {
  const mails = [...new Set(email?.to ?? [])].map((address) => ({ destination: `email:${address}`, channel: 'email' }));
  return [...mails, ...channels.map((each) => ({ destination: `${each.id}:${addressOf(each)}`, channel: each.id }))];
}
