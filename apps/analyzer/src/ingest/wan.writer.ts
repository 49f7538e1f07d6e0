import { Injectable } from '@nestjs/common';
import type { PortState } from '@app/domain';
import type { DeviceEventRecord, DeviceRecord, GatewayRecord, PathRecord, PortRecord } from '@app/mist';
import type { Transaction } from '@app/shared';
import { portKey } from '../facts/circuits.repository.js';
import { FactsService } from '../facts/facts.service.js';
import {
  noteConnectivity,
  resolveGateways,
  resolveSites,
  upsertDevices,
  type DeviceKey,
} from '../inventory/inventory.repository.js';
import { withoutTwins } from './event-twins.repository.js';
import { eventsBefore, eventsByName, gatewaysOfNewNames, gatewaysOfNewPorts, lockPorts } from './late-events.repository.js';
import { findCircuits, storeDeviceEvents, storeWanNames, type CircuitKey } from './wan.repository.js';
import { pastPathsOf } from './past-paths.repository.js';
import { NOTHING_OBSERVED, type Incoming, type Observed } from './observed.js';

/** Turns records about gateways, ports, paths and events into what the facts are made of, resolving names to our keys. */
@Injectable()
export class WanWriter {
  constructor(private readonly facts: FactsService) {}

  async ports(tx: Transaction, { org, batch }: Incoming, records: readonly PortRecord[]): Promise<Observed> {
    if ((await gatewaysOfNewPorts(tx, org.id, records)).length > 0) await lockPorts(tx, org.id, 'alone');
    const sites = await resolveSites(
      tx,
      org.id,
      records.map((record) => record.siteId),
    );
    const ports = records.map((record) => ({ mac: record.mac, portId: record.portId, siteId: sites.get(record.siteId) ?? 0 }));
    await resolveGateways(tx, org.id, ports);
    const keys = await this.facts.resolveCircuits(tx, org.id, ports);
    const circuitOf = (record: PortRecord): number => keys.get(portKey(record)) ?? 0;
    const told = records.filter((record) => keys.takes(portKey(record), record.sample.at));
    return {
      ...NOTHING_OBSERVED,
      portSamples: told.map((record) => ({ circuitId: circuitOf(record), sample: record.sample })),
      portEvents: await eventsBefore(tx, org.id, [...new Set(records.map(circuitOf))], new Date(batch.observedAt)),
    };
  }

  /** Devices of all types; of gateways also whether they reach the cloud. */
  async inventory(tx: Transaction, { org, batch }: Incoming, records: readonly DeviceRecord[]): Promise<Observed> {
    const devices = await upsertDevices(tx, org.id, records, new Date(batch.observedAt));
    return { ...NOTHING_OBSERVED, deviceStates: connectivity(devices, records, batch.observedAt) };
  }

  async gateways(tx: Transaction, { org, batch }: Incoming, records: readonly GatewayRecord[]): Promise<Observed> {
    const observedAt = new Date(batch.observedAt);
    const ports = records.flatMap((record) => record.wanPorts.map((port) => ({ ...port, mac: record.mac })));
    if ((await gatewaysOfNewNames(tx, org.id, ports)).length > 0) await lockPorts(tx, org.id, 'alone');
    const devices = await upsertDevices(tx, org.id, records, observedAt);
    const renamed = await storeWanNames(tx, org.id, ports, observedAt);
    return {
      ...NOTHING_OBSERVED,
      deviceStates: connectivity(devices, records, batch.observedAt),
      portEvents: await eventsByName(tx, org.id, renamed, observedAt),
    };
  }

  async paths(tx: Transaction, { org, batch }: Incoming, records: readonly PathRecord[]): Promise<Observed> {
    const sites = await resolveSites(
      tx,
      org.id,
      records.flatMap((record) => (record.siteId === null ? [] : [record.siteId])),
    );
    const siteOf = (record: PathRecord): number | null => (record.siteId === null ? null : (sites.get(record.siteId) ?? null));
    const devices = await resolveGateways(
      tx,
      org.id,
      records.map((record) => ({ mac: record.mac, siteId: siteOf(record) })),
    );
    const past = await pastPathsOf(tx, org.id, records);
    return {
      ...NOTHING_OBSERVED,
      pathSamples: records.map((record) => ({
        deviceId: devices.get(record.mac)?.id ?? 0,
        portName: record.portName,
        ...past.placeOf(record),
        sample: record.sample,
        receivedAt: batch.observedAt,
      })),
    };
  }

  /** Every event is kept; those about a known WAN port or a gateway's connection reach the facts. */
  async events(tx: Transaction, { org, batch }: Incoming, told: readonly DeviceEventRecord[]): Promise<Observed> {
    const records = await withoutTwins(tx, org.id, told);
    const circuits = await circuitsOfEvents(tx, org.id, records);
    await storeDeviceEvents(tx, org.id, records, new Date(batch.observedAt));
    const gateways = records.filter((record) => record.effect?.of === 'gateway');
    const devices = await resolveGateways(
      tx,
      org.id,
      gateways.map((record) => ({ mac: record.mac, siteId: null })),
    );
    const deviceStates = gateways.flatMap((record) => {
      const device = devices.get(record.mac);
      if (device === undefined || record.effect?.of !== 'gateway') return [];
      return [{ deviceId: device.id, at: record.at, connected: record.effect.connected }];
    });
    await noteConnectivity(tx, org.id, deviceStates);
    return {
      ...NOTHING_OBSERVED,
      deviceStates,
      portEvents: records.flatMap((record) => portEvent(circuits, record, batch.observedAt)),
    };
  }
}

/** An event that names no known port keeps whoever is about to make it known waiting, so that it is found there. */
async function circuitsOfEvents(
  tx: Transaction,
  orgId: number,
  records: readonly DeviceEventRecord[],
): Promise<ReadonlyMap<string, CircuitKey>> {
  const macs = records.map((record) => record.mac);
  const circuits = await findCircuits(tx, orgId, macs);
  const isKnown = ({ mac, portId, effect }: DeviceEventRecord): boolean =>
    effect?.of !== 'port' || portId === null || circuits.has(`${mac}|${portId}`);
  if (records.every(isKnown)) return circuits;
  await lockPorts(tx, orgId, 'shared');
  return findCircuits(tx, orgId, macs);
}

function portEvent(
  circuits: ReadonlyMap<string, CircuitKey>,
  record: DeviceEventRecord,
  receivedAt: number,
): Observed['portEvents'] {
  if (record.effect?.of !== 'port' || record.portId === null) return [];
  const circuit = circuits.get(`${record.mac}|${record.portId}`);
  const state: PortState = record.effect.state;
  return circuit === undefined || record.at >= circuit.untilMs
    ? []
    : [{ circuitId: circuit.id, event: { at: record.at, state }, receivedAt }];
}

function connectivity(
  devices: ReadonlyMap<string, DeviceKey>,
  records: readonly { mac: string; type: string; connected: boolean | null }[],
  at: number,
): Observed['deviceStates'] {
  return records.flatMap(({ mac, type, connected }) => {
    const device = devices.get(mac);
    return device === undefined || connected === null || type !== 'gateway' ? [] : [{ deviceId: device.id, at, connected }];
  });
}
