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
  name: 'main line',
  role: 'primary',
  provider: 'Example Telecom',
  type: 'fibre',
  bandwidth_down_mbps: 100,
  bandwidth_up_mbps: 40,
};
