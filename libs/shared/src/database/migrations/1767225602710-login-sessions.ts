import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sessions of people who logged in, whose answers to changes are kept like those of keys. */
export class LoginSessions1767225602710 implements MigrationInterface {
  name = 'LoginSessions1767225602710';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table login_session (
        id text primary key,
        -- Of what the browser keeps; that itself is stored nowhere.
        secret_hash bytea not null unique,
        issuer text not null,
        subject text not null,
        name text not null,
        email text,
        -- Those of the provider's claims that roles go by.
        claims jsonb not null,
        -- For the provider's own logout, encrypted under the secret of the session.
        id_token bytea not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        last_used_at timestamptz not null,
        ended_at timestamptz
      );
      create index login_session_by_person on login_session (issuer, subject);
      create index login_session_by_end on login_session (expires_at);
      alter table idempotent_answer drop constraint idempotent_answer_api_key_id_fkey;
      alter table idempotent_answer rename column api_key_id to caller_id;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      delete from idempotent_answer where not exists (select 1 from api_key k where k.id = caller_id);
      alter table idempotent_answer rename column caller_id to api_key_id;
      alter table idempotent_answer add constraint idempotent_answer_api_key_id_fkey
        foreign key (api_key_id) references api_key (id) on delete cascade;
      drop table login_session;
    `);
  }
}
