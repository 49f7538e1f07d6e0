import { Inject, Injectable } from '@nestjs/common';
import {
  addLiveEvents,
  CLOCK,
  closedUntil,
  Database,
  dayRevisions,
  findOrg,
  loadCurrentState,
  retell,
  SETTINGS,
  takeTurn,
  toldBefore,
  type Clock,
  type Settings,
} from '@app/shared';
import { eventsOf, FACTS, namesOf } from './told-events.js';

/** Writes down what changed that no single row says: status of sites, hours that closed, days whose data are others. */
@Injectable()
export class LiveNotes {
  constructor(
    private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async note(externalOrgId: string): Promise<void> {
    const org = await findOrg(this.database, externalOrgId);
    if (org === null) return;
    const now = this.clock.now();
    const told = await toldBefore(this.database, org.id, FACTS);
    // Read before, not inside: a transaction that waits for another connection may wait for one like itself.
    const { sites } = await loadCurrentState(this.database, org.id, { now, settings: this.settings });
    const names = namesOf({
      sites: sites.map(({ row, status }) => ({ id: row.externalId, status })),
      closedUntil: await closedUntil(this.database, org.id),
      toldUntil: told.value,
      revisions: await dayRevisions(this.database, org.id),
    });
    await this.database.transaction(async (tx) => {
      // The next minute tells what this reading came too late for.
      if (!(await takeTurn(tx, org.id, told.turn))) return;
      const moved = await retell(tx, org.id, names);
      // Nothing was told of this org yet: everything is new, and nothing changed.
      const isFirst = moved.length === names.size && moved.every(({ was }) => was === null);
      if (!isFirst) await addLiveEvents(tx, org.id, eventsOf(moved, now));
    });
  }
}
