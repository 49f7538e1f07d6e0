import type { MigrationInterface, QueryRunner } from 'typeorm';

const GRAINS = ['day', 'week', 'month'];
const sqlOf = (make: (table: string) => string): string => GRAINS.map((grain) => make(`circuit_${grain}`)).join('\n');

/** A region is pooled from the rows of its own circuits, and an organization asks only after circuits that have several rows in a period. */
export class RollupIndexes1767225601900 implements MigrationInterface {
  name = 'RollupIndexes1767225601900';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      sqlOf(
        (table) => `
      drop index ${table}_by_start;
      create index ${table}_by_region on ${table} (org_id, start, region);
      create index ${table}_cut on ${table} (org_id, start, circuit_id) where stretch_from > start;`,
      ),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      sqlOf(
        (table) => `
      drop index ${table}_by_region, ${table}_cut;
      create index ${table}_by_start on ${table} (org_id, start);`,
      ),
    );
  }
}
