/** Groups of circuits that are followed over time, and the column of a circuit's period that tells its group; an organization holds all. */
export const GROUP_LEVELS = { region: 'region', store_type: 'store_type', provider: 'provider', org: null } as const;
export type GroupLevel = keyof typeof GROUP_LEVELS;

export interface Group {
  readonly level: GroupLevel;
  /** Its name; of an organization it does not matter. */
  readonly key: string;
}
