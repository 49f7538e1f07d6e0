import type { Queryable } from '@app/shared';
import { firstPortEvent, gatewaysOfNewNames, gatewaysOfNewPorts } from './late-events.repository.js';
import { NOTHING_OBSERVED, type Incoming, type Observed } from './observed.js';

/**
 * The times of all that a batch may bring to the facts, of circuits that have no key yet. Of stored events that become part of a circuit's past
 * only the first: the months from there to now are made as one span.
 */
export async function expectedOf(db: Queryable, { org, batch, mapped }: Incoming): Promise<Observed> {
  switch (mapped.kind) {
    case 'wan-ports':
    case 'port-samples': {
      const macs = await gatewaysOfNewPorts(db, org.id, mapped.records);
      const portSamples = mapped.records.map(({ sample }) => ({ circuitId: 0, sample }));
      return { ...NOTHING_OBSERVED, portSamples, portEvents: await firstPortEvent(db, org.id, macs) };
    }
    case 'gateways': {
      const ports = mapped.records.flatMap(({ mac, wanPorts }) => wanPorts.map((port) => ({ ...port, mac })));
      return { ...NOTHING_OBSERVED, portEvents: await firstPortEvent(db, org.id, await gatewaysOfNewNames(db, org.id, ports)) };
    }
    case 'device-events': {
      const portEvents = mapped.records.flatMap(({ at, effect }) =>
        effect?.of === 'port' ? [{ circuitId: 0, event: { at, state: effect.state }, receivedAt: batch.observedAt }] : [],
      );
      return { ...NOTHING_OBSERVED, portEvents };
    }
    default:
      return NOTHING_OBSERVED;
  }
}
