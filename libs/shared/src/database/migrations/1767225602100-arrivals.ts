import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What may have arrived although nobody knows: its receiver hears of the end too. */
export class Arrivals1767225602100 implements MigrationInterface {
  name = 'Arrivals1767225602100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table delivery add column may_have_come boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table delivery drop column may_have_come');
  }
}
