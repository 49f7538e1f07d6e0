import type { Runtime } from '@app/shared';

/** How often the server tells how much memory it has. */
export const RSS_EVERY_MS = 20;

/** What the process of the server is told. */
export type ToServer =
  | ({ readonly is: 'start'; readonly orgId: number; readonly now: number } & Pick<Runtime, 'env' | 'queue' | 'databaseUrl'>)
  | { readonly is: 'stop' };

/** What it tells. */
export type ToParent =
  { readonly is: 'ready'; readonly url: string; readonly bareUrl: string } | { readonly is: 'rss'; readonly bytes: number };
