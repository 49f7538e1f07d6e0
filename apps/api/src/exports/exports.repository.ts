import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, outagesOf, type ExportRow } from '@app/domain';
import { Database, maintenanceOf, readTexts, statesOf } from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { CircuitOutage, OutageCircuit } from './tables/outages.js';

/** Circuits whose outages are looked up together. */
const TOGETHER = 200;
/** Outages may have begun so long before a period; their maintenance counts. */
const LONGEST_MS = 400 * DAY_MS;

@Injectable()
export class ExportsRepository extends ScopedRepository {
  constructor(@Inject(Database) database: Database) {
    super(database);
  }

  /** Rows of a statement as text, some at a time; `$1` is the org, the values begin at `$2`. */
  texts(scope: OrgScope, { sql, values }: { sql: string; values: readonly unknown[] }): AsyncGenerator<readonly ExportRow[]> {
    return readTexts(this.database, { sql, values: [scope.orgId, ...values] });
  }

  /** Outages that touch a period, whole, circuit by circuit. */
  async *outages(
    scope: OrgScope,
    circuits: readonly OutageCircuit[],
    { from, to }: { from: number; to: number },
  ): AsyncGenerator<readonly CircuitOutage[]> {
    for (let i = 0; i < circuits.length; i += TOGETHER) {
      const some = circuits.slice(i, i + TOGETHER);
      const keys = some.map(({ key }) => key);
      const [states, windows] = await Promise.all([
        statesOf(this.database, scope.orgId, keys, { from, to }),
        maintenanceOf(this.database, scope.orgId, keys, { from: from - LONGEST_MS, to }),
      ]);
      const outagesOfCircuit = ({ key }: OutageCircuit) =>
        outagesOf(states.get(key) ?? [], windows.get(key) ?? []).filter(({ end }) => end > from);
      yield some.flatMap((circuit) => outagesOfCircuit(circuit).map((outage) => ({ circuit, outage })));
    }
  }
}
