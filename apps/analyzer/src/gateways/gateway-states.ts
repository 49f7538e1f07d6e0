import { MINUTE_MS, remadeStretches } from '@app/domain';
import type { Settings, Transaction } from '@app/shared';
import {
  changesOf,
  extendNewest,
  lockGatewayStates,
  replaceStretches,
  type GatewayReading,
} from './gateway-states.repository.js';

/**
 * Keeps the stretches in which gateways were connected to the cloud, for 13 months; the readings themselves live for 30 days. Whatever the order
 * of readings, the stretches are the same. To be called when the readings are stored, in their transaction.
 */
export async function takeConnections(
  tx: Transaction,
  orgId: number,
  readings: readonly GatewayReading[],
  { facts }: Pick<Settings, 'facts'>,
): Promise<void> {
  if (readings.length === 0) return;
  const maxGapMs = facts.maxGapMinutes * MINUTE_MS;
  await lockGatewayStates(tx, orgId);
  const left = await extendNewest(tx, orgId, readings, maxGapMs);
  const changes = await changesOf(tx, orgId, left);
  await replaceStretches(
    tx,
    orgId,
    changes.map((change) => ({ ...change, made: remadeStretches(change, maxGapMs) })),
  );
}
