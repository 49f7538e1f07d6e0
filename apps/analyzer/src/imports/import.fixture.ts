import { Database } from '@app/shared';
import { createTestDatabase } from '@app/testing';
import { importFile, type ImportRequest, type ImportResult } from './import-file.js';
import type { ImportKind } from './kinds.js';

export const NOW = Date.UTC(2026, 5, 1, 12);

/** A database of its own, and what a spec asks of it. */
export class ImportScene {
  private constructor(
    readonly database: Database,
    private readonly drop: (this: void) => Promise<void>,
  ) {}

  static async open(): Promise<ImportScene> {
    const database = await createTestDatabase();
    return new ImportScene(new Database({ url: database.url }), () => database.drop());
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.drop();
  }

  import(kind: ImportKind, text: string | readonly string[], more: Partial<ImportRequest> = {}): Promise<ImportResult> {
    const lines = typeof text === 'string' ? text : text.join('\n');
    return importFile({ database: this.database, kind, text: lines, orgExternalId: 'org-1', now: NOW, ...more });
  }

  /** Imported or computed hours as `circuit hour`, with the columns a spec names. */
  hours(columns: string): Promise<Record<string, unknown>[]> {
    return this.database.query(
      `select c.mac, to_char(h.hour at time zone 'UTC', 'MM-DD HH24') as hour, ${columns} from circuit_hour h
       join circuit c on c.org_id = h.org_id and c.id = h.circuit_id order by c.mac, c.port_id, h.hour`,
    );
  }

  /** Everything the import may have written, to compare two ways of arriving there. */
  async dump(): Promise<unknown> {
    const tables = [
      'site',
      'site_attribute',
      'circuit',
      'circuit_attribute',
      'port_sample',
      'port_event',
      'circuit_hour',
      'circuit_state',
      'sle_sample',
      'insight',
      'site_sle',
    ];
    const rows = tables.map((table) => this.database.query(`select to_jsonb(t) - 'id' as row from ${table} t order by 1`));
    return Promise.all(rows);
  }
}
