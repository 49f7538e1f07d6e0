import { Database, upsertOrg, type Row } from '@app/shared';
import type { CircuitInput, EpochMs, PathSample, PortEvent, PortSample } from '@app/domain';
import { portKey } from './circuits.repository.js';
import { FactsService, type FactsInput } from './facts.service.js';

/** One observation of any kind, as it could arrive alone. */
export type Observation =
  | { readonly of: 'sample'; readonly circuit: number; readonly sample: PortSample }
  | { readonly of: 'event'; readonly circuit: number; readonly event: PortEvent }
  | { readonly of: 'device'; readonly device: number; readonly at: EpochMs; readonly connected: boolean }
  | { readonly of: 'path'; readonly device: number; readonly portName: string; readonly sample: PathSample }
  | { readonly of: 'read'; readonly at: EpochMs };

export const sampleAt = (at: EpochMs, over: Partial<PortSample> = {}): PortSample => ({
  at,
  receivedAt: at,
  up: true,
  active: null,
  disabled: false,
  rxBytes: null,
  txBytes: null,
  uptimeS: null,
  counterBits: null,
  speedMbps: null,
  lastFlappedAt: null,
  latencyMs: null,
  jitterMs: null,
  lossPct: null,
  ...over,
});

/** An org with two gateways of two ports each. */
export interface World {
  readonly orgId: number;
  readonly circuits: readonly number[];
  readonly devices: readonly number[];
}

export const MACS = ['020000000001', '020000000002'];
export const PORTS = ['ge-0/0/0', 'ge-0/0/1'];

export async function makeWorld(database: Database, name: string): Promise<World> {
  const org = await upsertOrg(database, { externalId: name });
  const [site] = await database.query<{ id: number }>('insert into site (org_id, external_id) values ($1, $2) returning id', [
    org.id,
    'site-1',
  ]);
  const devices: number[] = [];
  for (const mac of MACS) {
    const [row] = await database.query<{ id: number }>(
      "insert into device (org_id, mac, type) values ($1, $2, 'gateway') returning id",
      [org.id, mac],
    );
    devices.push(row?.id ?? 0);
  }
  const ports = MACS.flatMap((mac) => PORTS.map((portId) => ({ mac, portId, siteId: site?.id ?? 0 })));
  const keys = await new FactsService(database).resolveCircuits(database, org.id, ports);
  return { orgId: org.id, devices, circuits: ports.map(({ mac, portId }) => keys.get(portKey({ mac, portId })) ?? 0) };
}

export function inputOf(
  world: World,
  batch: readonly Observation[],
  { now, origin = 'live' }: { now: EpochMs; origin?: 'live' | 'import' },
): FactsInput {
  const circuit = (i: number): number => world.circuits[i] ?? 0;
  const device = (i: number): number => world.devices[i] ?? 0;
  return {
    orgId: world.orgId,
    batchId: 0,
    origin,
    now,
    portSamples: batch.flatMap((each) =>
      each.of === 'sample' ? [{ circuitId: circuit(each.circuit), sample: each.sample }] : [],
    ),
    portEvents: batch.flatMap((each) =>
      each.of === 'event' ? [{ circuitId: circuit(each.circuit), event: each.event, receivedAt: each.event.at }] : [],
    ),
    pathSamples: batch.flatMap((each) =>
      each.of === 'path'
        ? [{ deviceId: device(each.device), portName: each.portName, sample: each.sample, receivedAt: each.sample.at }]
        : [],
    ),
    deviceStates: batch.flatMap((each) =>
      each.of === 'device' ? [{ deviceId: device(each.device), at: each.at, connected: each.connected }] : [],
    ),
    reads: batch.flatMap((each) => (each.of === 'read' ? [each.at] : [])),
  };
}

export async function deliver(database: Database, input: FactsInput): Promise<void> {
  const facts = new FactsService(database);
  await facts.prepare(input);
  await database.transaction((tx) => facts.apply(tx, input));
}

/** Facts and state intervals by the position of their circuit, for comparing two worlds. */
export async function resultOf(database: Database, world: World): Promise<{ hours: Row[]; states: Row[] }> {
  const position = `array_position($2::int[], circuit_id) - 1 as circuit`;
  const hours = await database.query(`select *, ${position} from circuit_hour where org_id = $1 order by circuit, hour`, [
    world.orgId,
    world.circuits,
  ]);
  const states = await database.query(`select *, ${position} from circuit_state where org_id = $1 order by circuit, from_at`, [
    world.orgId,
    world.circuits,
  ]);
  const plain = (rows: Row[]): Row[] => rows.map(({ org_id: _org, circuit_id: _circuit, site_id: _site, ...rest }) => rest);
  return { hours: plain(hours), states: plain(states) };
}

export const EMPTY_INPUT: CircuitInput = {
  polls: [],
  events: [],
  paths: [],
  cutOffs: [],
  blind: [],
  prior: null,
  holdUntil: Infinity,
};
