import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayConfigAnswer, mapBatch, mapRecord, type BatchContext, type CollectKind } from '@app/mist';
import type { CheckResult } from './check/check-simulator.js';

/** A published payload of something we read: what kind it is, and where in it the rows lie. */
interface Reading {
  readonly kind: CollectKind;
  readonly rows: (payload: unknown) => readonly unknown[];
  readonly context?: BatchContext;
}

interface IndexEntry {
  readonly file: string;
  readonly operationId: string | null;
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const listIn = (value: unknown, where: string): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${where} is not a list`);
};

const whole = (payload: unknown): readonly unknown[] => listIn(payload, 'the payload');
const single = (payload: unknown): readonly unknown[] => [payload];
const results = (payload: unknown): readonly unknown[] => listIn(field(payload, 'results'), 'results');
const events = (payload: unknown): readonly unknown[] => listIn(field(payload, 'events'), 'events');
const examples = (payload: unknown): readonly unknown[] => whole(payload).map((definition) => field(definition, 'example'));

/** A detail names its metric but not its site; the question does. */
const ASKED: BatchContext = { siteId: 'the-site-that-was-asked-for' };

/** A gateway that says nothing itself. */
const HUB = { mac: '020000000101', type: 'gateway' };

const READINGS: Readonly<Record<string, Reading>> = {
  listOrgSites: { kind: 'sites', rows: whole },
  getSiteInfo: { kind: 'sites', rows: single },
  listOrgSiteGroups: { kind: 'site-groups', rows: whole },
  getOrgInventory: { kind: 'inventory', rows: whole },
  listOrgDevicesStats: { kind: 'gateways', rows: whole },
  listSiteDevicesStats: { kind: 'gateways', rows: whole },
  getSiteDeviceStats: { kind: 'gateways', rows: single },
  getSiteDevice: { kind: 'gateway-config', rows: (payload) => [gatewayConfigAnswer(payload, null)] },
  getOrgDeviceProfile: { kind: 'gateway-config', rows: (payload) => [gatewayConfigAnswer(HUB, payload)] },
  searchSiteSwOrGwPorts: { kind: 'wan-ports', rows: results },
  searchOrgPeerPathStats: { kind: 'peer-paths', rows: results },
  searchOrgDeviceEvents: { kind: 'device-events', rows: results },
  searchSiteDeviceEvents: { kind: 'device-events', rows: results },
  deviceEvents: { kind: 'device-events', rows: events },
  deviceUpDown: { kind: 'device-events', rows: events },
  listAlarmDefinitions: { kind: 'alarms', rows: examples },
  alarms: { kind: 'alarms', rows: events },
  getOrgSitesSle: { kind: 'sle-wifi', rows: results },
  getOrgSle: { kind: 'sle-wifi', rows: results },
  getSiteSleSummary: { kind: 'sle-detail', rows: single, context: ASKED },
  getSiteSleSummaryTrend: { kind: 'sle-detail', rows: single, context: ASKED },
};

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

const isEntry = (entry: unknown): entry is IndexEntry => typeof field(entry, 'file') === 'string';

/** Any instant does; it only has to be the same for both ways of mapping. */
const OBSERVED_AT = Date.UTC(2026, 2, 2);

/** The description writes this where it gives no real value; a row that has it for a MAC is rightly set aside. */
const PLACEHOLDER = 'but is "string"';

/** Every row of one payload must be mapped, or be somebody else's with a reason; a row that is set aside for a real value is a fault of our schemas. */
function checkPayload(path: string, { kind, rows, context = {} }: Reading): string[] {
  const records = rows(readJson(path));
  const batch = mapBatch(kind, records, OBSERVED_AT, context);
  const outcomes = records.map((record) => mapRecord(kind, record, { observedAt: OBSERVED_AT, context }));
  const reasons = outcomes.flatMap((outcome) => (outcome.is === 'not-ours' ? [outcome.reason] : []));
  const faults = batch.setAside
    .filter(({ reason }) => !reason.endsWith(PLACEHOLDER))
    .map(({ position, reason }) => `record ${position} is set aside: ${reason}`);
  if (records.length === 0) faults.push('there are no rows in it');
  if (reasons.length !== batch.notOurs || reasons.some((reason) => reason === ''))
    faults.push('a row is passed over without a reason');
  if (batch.records.length + batch.notOurs + batch.setAside.length !== records.length) faults.push('the counts do not add up');
  return faults;
}

function check(dir: string, { file, operationId }: IndexEntry, reading: Reading): CheckResult {
  const name = `published ${operationId ?? ''} ${file}`;
  try {
    const faults = checkPayload(join(dir, 'examples', file), reading);
    return { name, ok: faults.length === 0, detail: faults.join('; ') };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Maps every published payload of what the collector reads; nothing may be dropped silently. */
export function checkPublishedPayloads(dir: string): CheckResult[] {
  const index = join(dir, 'examples', 'index.json');
  if (!existsSync(index)) return [{ name: 'published payloads', ok: false, detail: `${index} is not there` }];
  const entries = listIn(field(readJson(index), 'examples'), 'examples').filter(isEntry);
  const relevant = entries.flatMap((entry) => {
    const reading = entry.operationId === null ? undefined : READINGS[entry.operationId];
    return reading === undefined ? [] : [check(dir, entry, reading)];
  });
  const missing = Object.keys(READINGS).filter((operation) => !entries.some(({ operationId }) => operationId === operation));
  return [
    ...relevant,
    ...missing.map((operation) => ({ name: `published ${operation}`, ok: false, detail: 'no payload of it is in the index' })),
  ];
}
