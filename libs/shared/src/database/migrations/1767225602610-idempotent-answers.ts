import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the API answered to changes that were sent with an `Idempotency-Key`. */
export class IdempotentAnswers1767225602610 implements MigrationInterface {
  name = 'IdempotentAnswers1767225602610';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotent_answer (
        api_key_id text not null references api_key (id) on delete cascade,
        -- Method and path as the document writes them.
        route text not null,
        key text not null,
        request_hash bytea not null,
        at timestamptz not null,
        status smallint not null,
        -- Encrypted under the caller's own key: an answer may show a secret this once.
        body bytea not null,
        -- Jobs to be published after the commit; null when they are.
        jobs jsonb,
        primary key (api_key_id, route, key)
      );
      create index idempotent_answer_by_time on idempotent_answer (at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotent_answer');
  }
}
