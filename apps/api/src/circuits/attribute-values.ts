import { orNull } from '../http/answers.js';
import type { AttributeValues } from '@app/shared';

/** Attributes by their names in the API. */
export const ATTRIBUTE_NAMES = {
  name: 'name',
  role: 'role',
  provider: 'provider',
  type: 'type',
  bandwidthDownMbps: 'bandwidth_down_mbps',
  bandwidthUpMbps: 'bandwidth_up_mbps',
} as const satisfies Record<keyof AttributeValues, string>;

export const valuesJson = (values: AttributeValues) => ({
  name: values.name,
  role: values.role,
  provider: values.provider,
  type: values.type,
  bandwidth_down_mbps: values.bandwidthDownMbps,
  bandwidth_up_mbps: values.bandwidthUpMbps,
});

export const VALUES_EXAMPLE = {
  name: orNull('main line'),
  role: orNull('primary'),
  provider: orNull('Example Telecom'),
  type: orNull('fibre'),
  bandwidth_down_mbps: orNull(100),
  bandwidth_up_mbps: orNull(40),
};
