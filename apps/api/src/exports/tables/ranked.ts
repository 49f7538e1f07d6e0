import type { ValueColumn } from '../value-column.js';

/** A ranked member as the lists of the API give it. */
export type RankedItem = Readonly<Record<string, string | number | null | undefined>>;

const member = (name: string, about: string): ValueColumn<RankedItem> => ({
  name,
  type: 'text',
  about,
  of: (item) => item[name],
});

const MEMBER: readonly ValueColumn<RankedItem>[] = [
  { name: 'rank', type: 'integer', about: '1 is the worst.', of: ({ rank }) => rank },
  member('id', 'Id or name of what is ranked.'),
  member('name', 'Its name now.'),
  member('role', 'Role of a circuit.'),
  member('provider', 'Provider of a circuit.'),
  member('site_id', 'Site of a circuit.'),
  member('site_name', 'Name of that site.'),
  member('region', 'Region now.'),
  member('store_type', 'Store type now.'),
];

export const RANKING_COLUMNS: readonly ValueColumn<RankedItem>[] = [
  ...MEMBER,
  { name: 'value', type: 'number', about: 'Figure of the period, in the unit of `by`.', of: ({ value }) => value },
  member('severity', 'How bad the figure is.'),
];

export const OFFENDER_COLUMNS: readonly ValueColumn<RankedItem>[] = [
  ...MEMBER,
  { name: 'days', type: 'integer', unit: 'd', about: 'Days on which it was bad.', of: ({ days }) => days },
  member('severity', '`major`, from five days on `critical`.'),
];
