import { isAbsolute } from 'node:path';
import type { TimeOfDay } from '@app/domain';
import { nonEmpty, timeOfDay, timezone } from './policies.settings.js';
import { optional, required, section, withDefault, type Reader } from './yaml-reader.js';
import { integer, parsed, text } from './yaml-values.js';

/** Facts of each day as files for a warehouse. */
export interface FactExportSettings {
  readonly folder: string;
  /** External ids; absent: every organization. */
  readonly orgs?: readonly string[];
  readonly at: TimeOfDay;
  /** Days before the first export that are written too. */
  readonly backDays: number;
}

interface Entry extends Omit<FactExportSettings, 'at'> {
  readonly at: number;
  readonly timezone: string;
}

const entry = section<Entry>({
  folder: required(
    parsed((value) => (isAbsolute(value) ? value : null), 'the whole path of a folder, like /var/lib/mistwatch/facts'),
  ),
  orgs: optional(nonEmpty(text)),
  at: withDefault(timeOfDay, 180),
  timezone: withDefault(timezone, 'UTC'),
  backDays: withDefault(integer({ min: 1, max: 366 }), 7),
});

/** The section `facts.export`. */
export const readFactExport: Reader<FactExportSettings> = (place) => {
  const { at: minute, timezone: zone, ...rest } = entry(place);
  return Object.freeze({ ...rest, at: Object.freeze({ minute, timezone: zone }) });
};
