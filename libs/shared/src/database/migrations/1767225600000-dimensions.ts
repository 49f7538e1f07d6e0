import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Orgs, sites, devices, circuits and their dated attributes. `org_id` is our small key; the id people know is `external_id`. */
export class Dimensions1767225600000 implements MigrationInterface {
  name = 'Dimensions1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table org (
        id integer generated always as identity primary key,
        external_id text not null unique check (external_id <> ''),
        name text,
        reporting_timezone text not null default 'UTC',
        created_at timestamptz not null default now()
      );
      create table site (
        org_id integer not null references org (id),
        id integer generated always as identity,
        external_id text not null check (external_id <> ''),
        name text,
        timezone text,
        country_code text,
        sitegroup_ids text[] not null default '{}',
        latitude double precision,
        longitude double precision,
        -- Last time Mist listed it; null for a site known only from an import, which never counts as removed.
        observed_at timestamptz,
        removed_at timestamptz,
        primary key (org_id, id),
        unique (org_id, external_id)
      );
      -- Dated attributes; null = this row does not say (the last earlier row that says counts). '-infinity' = since ever.
      create table site_attribute (
        org_id integer not null,
        site_id integer not null,
        source text not null check (source in ('configured', 'mist')),
        since timestamptz not null,
        region text,
        store_type text,
        primary key (org_id, site_id, source, since),
        foreign key (org_id, site_id) references site (org_id, id)
      );
      create table site_group (
        org_id integer not null references org (id),
        external_id text not null,
        name text not null,
        primary key (org_id, external_id)
      );
      create table device (
        org_id integer not null references org (id),
        id integer generated always as identity,
        mac text not null,
        external_id text,
        site_id integer,
        type text not null check (type in ('ap', 'switch', 'gateway')),
        name text,
        model text,
        version text,
        connected boolean,
        connected_since timestamptz,
        observed_at timestamptz,
        primary key (org_id, id),
        unique (org_id, mac),
        foreign key (org_id, site_id) references site (org_id, id)
      );
      create index device_by_site on device (org_id, site_id);
      create table circuit (
        org_id integer not null references org (id),
        id integer generated always as identity,
        mac text not null,
        port_id text not null,
        site_id integer not null,
        wan_name text,
        is_live boolean not null default false,
        disabled boolean not null default false,
        first_observed_at timestamptz,
        last_observed_at timestamptz,
        last_imported_at timestamptz,
        facts_until timestamptz,
        state text check (state in ('up', 'down')),
        state_since timestamptz,
        state_at timestamptz,
        state_source text check (state_source in ('event', 'poll')),
        -- Newest poll with both counters.
        last_counters_at timestamptz,
        -- Its bandwidth is another since the utilization of its stored hours was made.
        rederive_due boolean not null default false,
        -- Its gateway was replaced: circuit_alias holds who it was before.
        is_linked boolean not null default false,
        primary key (org_id, id),
        unique (org_id, mac, port_id),
        foreign key (org_id, site_id) references site (org_id, id)
      ) with (fillfactor = 70);
      create index circuit_by_site on circuit (org_id, site_id);
      create index circuit_to_rederive on circuit (org_id, id) where rederive_due;
      create table circuit_attribute (
        org_id integer not null,
        circuit_id integer not null,
        source text not null check (source in ('configured', 'traffic_shaping', 'mist')),
        since timestamptz not null,
        name text,
        role text check (role in ('primary', 'secondary', 'backup')),
        provider text,
        type text,
        bandwidth_down_mbps double precision,
        bandwidth_up_mbps double precision,
        primary key (org_id, circuit_id, source, since),
        foreign key (org_id, circuit_id) references circuit (org_id, id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table circuit_attribute, circuit, device, site_group, site_attribute, site, org');
  }
}
