import { HourRows } from './hour-rows.js';
import { importKind, type ImportKindEntry } from './kind.js';
import { CIRCUITS } from './store-circuits.js';
import { CIRCUIT_HOURS } from './store-hours.js';
import { PORT_EVENTS, PORT_SAMPLES } from './store-samples.js';
import { SITES } from './store-sites.js';
import { SLE } from './store-sle.js';

/** Every kind of file that can be imported. */
const KINDS = {
  sites: importKind(SITES, () => []),
  circuits: importKind(CIRCUITS, () => []),
  'port-samples': importKind(PORT_SAMPLES, () => []),
  'port-events': importKind(PORT_EVENTS, () => []),
  'circuit-hours': importKind(CIRCUIT_HOURS, () => new HourRows()),
  sle: importKind(SLE, () => []),
} as const satisfies Record<string, ImportKindEntry>;

export type ImportKind = keyof typeof KINDS;
export const IMPORT_KINDS = Object.keys(KINDS) as readonly ImportKind[];

export const isImportKind = (name: string): name is ImportKind => Object.hasOwn(KINDS, name);

export const kindEntry = (kind: ImportKind): ImportKindEntry => KINDS[kind];
