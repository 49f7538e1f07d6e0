import type { RoutingSettings } from '@app/shared';
import type { Channels } from '../channels/channels.module.js';
import type { AddressBook } from './recipients.js';

/** What the names of policies and rotas stand for, with all destinations of the configured channels. */
export function addressBook(channels: Channels, { people, rotas }: RoutingSettings): AddressBook {
  const described = channels.all().map((channel) => channel.describe());
  const everybody = described.flatMap(({ id, destinations }) =>
    destinations.map((destination) => ({ destination, channel: id })),
  );
  return { people, rotas, everybody };
}
