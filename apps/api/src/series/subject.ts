import type { ThresholdSubject } from '@app/shared';
import type { Group, GroupLevel } from './levels.js';

/** What is followed over time. */
export type Subject = {
  readonly name: Readonly<Record<string, string>>;
  readonly zone: string;
  readonly place: Omit<ThresholdSubject, 'orgId'>;
} & (
  | { readonly kind: 'circuit'; readonly circuit: number }
  | { readonly kind: 'site'; readonly site: number }
  | { readonly kind: 'group'; readonly group: Group }
);

/** Groups by the word that stands for their level in a path. */
export const LEVEL_OF_PATH = { regions: 'region', 'store-types': 'store_type', providers: 'provider' } as const satisfies Record<
  string,
  GroupLevel
>;
export type GroupPath = keyof typeof LEVEL_OF_PATH;
