import type { EpochMs } from '@app/domain';
import type { Database, Settings } from '@app/shared';
import { FactsService } from '../facts/facts.service.js';
import { prepareRecompute } from '../imports/hour-partitions.js';

/** Circuits made anew in one transaction: few, for each may bring a month of samples and stays locked meanwhile. */
const REDERIVE_CHUNK = 20;

interface Asked {
  readonly orgId: number;
  readonly now: EpochMs;
}

/** Makes the facts anew of circuits with another bandwidth or another past; returns how many there were. */
export async function rederiveDue(database: Database, facts: FactsService, asked: Asked): Promise<number> {
  await prepareRecompute(database, asked.orgId, asked.now);
  let circuits = 0;
  for (;;) {
    const made = await rederiveSome(database, facts, asked);
    if (made === 0) return circuits;
    circuits += made;
  }
}

function rederiveSome(database: Database, facts: FactsService, { orgId, now }: Asked): Promise<number> {
  return database.transaction(async (tx) => {
    const due = await tx.query<{ id: number }>(
      'select id from circuit where org_id = $1 and rederive_due order by id limit $2 for update',
      [orgId, REDERIVE_CHUNK],
    );
    const ids = due.map(({ id }) => id);
    if (ids.length === 0) return 0;
    // The bandwidth also decides between a wrapped and a restarted counter, so hours whose samples live are counted again.
    await facts.recompute(tx, orgId, ids, { now });
    await facts.rederive(tx, orgId, ids);
    await tx.query('update circuit set rederive_due = false where org_id = $1 and id = any($2)', [orgId, ids]);
    return ids.length;
  });
}

/** `rederiveDue` for whoever runs without the services, such as the command line. */
export const rederiveCircuits = (database: Database, settings: Settings, asked: Asked): Promise<number> =>
  rederiveDue(database, new FactsService(database, settings), asked);
