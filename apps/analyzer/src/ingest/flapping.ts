import { circuitName, HOUR_MS, MINUTE_MS, observationOfFlapping, type EpochMs, type Observation } from '@app/domain';
import type { OrgRow, Transaction } from '@app/shared';
import type { CircuitChange, FactsInput, FactsService } from '../facts/facts.service.js';
import { placesOfCircuits } from '../alerting/rule-subjects.js';
import { maybeFlapping, openFlapping } from './flapping.repository.js';

interface Asked {
  readonly org: OrgRow;
  readonly input: Pick<FactsInput, 'portEvents' | 'portSamples'>;
  readonly changes: readonly CircuitChange[];
  /** Changes between up and down within an hour that are flapping. */
  readonly transitions: number;
  readonly now: EpochMs;
}

/** What the flapping rule sees of a batch: circuits that it shows changing, and those whose alert is open. Changes are those of the facts. */
export async function flappingObservations(tx: Transaction, facts: FactsService, asked: Asked): Promise<Observation[]> {
  const { org, changes, transitions, now } = asked;
  const told = new Map(changes.map((change) => [change.circuitId, change]));
  const open = new Set((await openFlapping(tx, org.id)).filter((id) => told.has(id)));
  const restless = restlessIn(asked).filter((id) => told.has(id) && !open.has(id));
  const often = await maybeFlapping(tx, org.id, { circuitIds: restless, since: now - HOUR_MS, changes: transitions });
  const circuitIds = [...open, ...often];
  if (circuitIds.length === 0) return [];
  const flaps = await facts.transitions(tx, org.id, circuitIds, { from: now - HOUR_MS, to: now + 1 });
  const places = await placesOfCircuits(tx, { orgId: org.id, externalOrgId: org.externalId, at: now }, circuitIds);
  return circuitIds.flatMap((circuitId) => {
    const place = places.get(circuitId);
    // A disabled port is no circuit: what was open about it ends.
    if (place === undefined) {
      const siteId = told.get(circuitId)?.siteId;
      const head = { siteId: siteId ?? 0, siteName: '', circuitId, circuitName: '', at: now };
      return siteId !== undefined && open.has(circuitId) ? [observationOfFlapping(head, 0, transitions)] : [];
    }
    const name = place.circuitName ?? circuitName(place.subject.mac ?? '', place.subject.portId ?? '');
    const head = { siteId: place.siteId, siteName: place.siteName, circuitId, circuitName: name, at: now };
    return [observationOfFlapping(head, flaps.get(circuitId)?.length ?? 0, transitions)];
  });
}

/** A change this young may be the batch's own. */
const JUST_MS = 15 * MINUTE_MS;

/** Circuits that this batch shows to have changed within the hour before. */
function restlessIn({ input, changes, now }: Asked): number[] {
  const since = now - HOUR_MS;
  const events = input.portEvents.filter(({ event }) => event.at >= since).map(({ circuitId }) => circuitId);
  const polls = input.portSamples
    .filter(({ sample }) => (sample.lastFlappedAt ?? -Infinity) >= since)
    .map(({ circuitId }) => circuitId);
  const moved = changes.filter(({ stateSince }) => (stateSince ?? -Infinity) >= now - JUST_MS).map(({ circuitId }) => circuitId);
  return [...new Set([...events, ...polls, ...moved])];
}
