import type { MigrationInterface, QueryRunner } from 'typeorm';

const FUNCTION = (condition: string): string => `
  create or replace function mark_failovers_of_attribute() returns trigger language plpgsql as $$
  declare
    changed circuit_attribute := coalesce(new, old);
    place integer;
  begin
    select site_id into place from circuit where org_id = changed.org_id and id = changed.circuit_id for no key update;
    if (tg_op <> 'UPDATE' and changed.role is not null) or (tg_op = 'UPDATE' and ${condition})
      or exists (select 1 from failover where org_id = changed.org_id and site_id = place) then
      insert into failover_mark (org_id, site_ids, from_at, to_at) select changed.org_id, array[place], changed.since, 'infinity' where place is not null;
    end if;
    return null;
  end $$;`;

const TRIGGER = (columns: readonly string[]): string => `
  create or replace trigger failover_role_changed after update on circuit_attribute for each row
    when ((${columns.map((column) => `new.${column}`).join(', ')}) is distinct from (${columns.map((column) => `old.${column}`).join(', ')}))
    execute function mark_failovers_of_attribute();`;

const BANDWIDTH = ['bandwidth_down_mbps', 'bandwidth_up_mbps'];

/** What gateways are configured to do with their circuits: said by Mist from a date on, and at times no longer. */
export class GatewayConfigs1767225602300 implements MigrationInterface {
  name = 'GatewayConfigs1767225602300';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table site
        add column gateway_template_id text,
        -- When the configuration of its gateways was read last.
        add column gateway_config_at timestamptz;
      alter table circuit_attribute
        -- From here on nobody says it any more.
        add column until timestamptz not null default 'infinity' check (until > since),
        drop constraint circuit_attribute_source_check,
        add constraint circuit_attribute_source_check
          check (source in ('configured', 'traffic_shaping', 'lte', 'mist', 'path_preference', 'port_config'));
      ${FUNCTION('(new.role is distinct from old.role or (new.role is not null and new.until is distinct from old.until))')}
      ${TRIGGER(['role', 'until', ...BANDWIDTH])}
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ${TRIGGER(['role', ...BANDWIDTH])}
      ${FUNCTION('new.role is distinct from old.role')}
      delete from circuit_attribute where source in ('lte', 'path_preference', 'port_config') or until <> 'infinity';
      alter table circuit_attribute
        drop constraint circuit_attribute_source_check,
        add constraint circuit_attribute_source_check check (source in ('configured', 'traffic_shaping', 'mist')),
        drop column until;
      alter table site drop column gateway_template_id, drop column gateway_config_at;
    `);
  }
}
