import type { Contract } from '@app/domain';
import { mapOf, optional, section, withDefault, type Fields } from './yaml-reader.js';
import { decimal } from './yaml-values.js';

export interface ReportsSettings {
  /** What carriers promised, by the name of the provider. */
  readonly contracts: Readonly<Record<string, Contract>>;
}

const contract = section<Contract>({
  availabilityPct: optional(decimal({ min: 0, max: 100 })),
  latencyMs: optional(decimal({ min: 0, max: 60_000 })),
  jitterMs: optional(decimal({ min: 0, max: 60_000 })),
  lossPct: optional(decimal({ min: 0, max: 100 })),
});

/** The section `reports`. */
export const reportsFields: Fields<ReportsSettings> = { contracts: withDefault(mapOf(contract), {}) };
