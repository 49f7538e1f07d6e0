import type { Clock } from '@app/shared';
import { HttpClient, type HttpLimits } from './http-client.js';

/** What a channel that speaks HTTP is made of beside its settings. */
export interface ChannelParts {
  readonly clock: Clock;
  readonly limits?: HttpLimits;
}

export const httpFor = (name: string, { allowPrivate }: { readonly allowPrivate: boolean }, parts: ChannelParts): HttpClient =>
  new HttpClient({ name, allowPrivate, ...parts });
