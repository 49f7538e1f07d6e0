import type { ThresholdSubject } from '@app/shared';
import type { Group } from './levels.js';

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
