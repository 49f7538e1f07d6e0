import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Earlier identities of circuits whose gateway was replaced, and windows of maintenance that availability leaves out. */
export class Maintenance1767225601000 implements MigrationInterface {
  name = 'Maintenance1767225601000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A port that carried this circuit before its gateway was replaced: what is told of it up to \`until\` is the circuit's past.
      create table circuit_alias (
        org_id integer not null,
        mac text not null,
        port_id text not null,
        circuit_id integer not null,
        until timestamptz not null,
        linked_at timestamptz not null,
        actor text not null,
        -- The port is a circuit of its own again; its past as this one stays.
        released_at timestamptz,
        primary key (org_id, circuit_id, until, mac, port_id),
        foreign key (org_id, circuit_id) references circuit (org_id, id)
      );
      create unique index circuit_alias_port on circuit_alias (org_id, mac, port_id) where released_at is null;
      create table maintenance (
        org_id integer not null references org (id),
        id bigint generated always as identity,
        name text not null,
        reason text,
        owner text not null,
        -- What it covers; of region and provider the name, of site and circuit our key.
        scope text not null check (scope in ('org', 'region', 'provider', 'site', 'circuit')),
        region text,
        provider text,
        site_id integer,
        circuit_id integer,
        from_at timestamptz not null,
        to_at timestamptz not null check (to_at > from_at),
        created_at timestamptz not null,
        created_by text not null,
        updated_at timestamptz not null,
        cancelled_at timestamptz,
        primary key (org_id, id),
        foreign key (org_id, site_id) references site (org_id, id),
        foreign key (org_id, circuit_id) references circuit (org_id, id),
        check ((scope = 'region') = (region is not null)),
        check ((scope = 'provider') = (provider is not null)),
        check ((scope = 'site') = (site_id is not null)),
        check ((scope = 'circuit') = (circuit_id is not null))
      );
      create index maintenance_by_end on maintenance (org_id, to_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table maintenance, circuit_alias');
  }
}
