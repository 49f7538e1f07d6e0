/** Changes that rows tell by themselves become events in the same transaction, whoever writes them. A row that is written as it was tells nothing. */

const ALERT_TYPE = `case
          when n.to_status = 'resolved' then 'alert.resolved'
          when n.to_status = 'pending' then 'alert.pending'
          when n.to_status = 'acknowledged' and n.from_status is distinct from 'acknowledged' then 'alert.acknowledged'
          when n.to_status = 'firing' and coalesce(n.from_status, 'pending') = 'pending' then 'alert.opened'
          else 'alert.changed' end`;

const ALERT_PLACE = `left join site s on s.org_id = a.org_id and s.id = a.site_id
        left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id`;

const alertFacts = (status: string, from: string, severity: string, reason: string): string =>
  `json_build_object('rule', a.rule, 'status', ${status}, 'from_status', ${from}, 'severity', ${severity},
          'reason', ${reason}, 'suppressed_by', a.suppressed_by)`;

/** Each change of an alert has a row; whether another one holds it back is written to the alert itself. */
const ALERTS = `
      create function tell_alert_changes() returns trigger language plpgsql as $$ begin
        insert into live_event (org_id, at, type, site, circuit, alert_id, facts)
        select n.org_id, n.at, ${ALERT_TYPE}, s.external_id, c.mac || ':' || c.port_id, n.alert_id,
          ${alertFacts('n.to_status', 'n.from_status', 'n.severity', 'n.reason')}
        from after n join alert a on a.org_id = n.org_id and a.id = n.alert_id
        ${ALERT_PLACE} order by n.alert_id, n.seq;
        return null;
      end $$;
      create trigger tell_changes after insert on alert_change referencing new table as after
        for each statement execute function tell_alert_changes();
      create function tell_alert_suppression() returns trigger language plpgsql as $$ begin
        insert into live_event (org_id, at, type, site, circuit, alert_id, facts)
        select a.org_id, now(), 'alert.changed', s.external_id, c.mac || ':' || c.port_id, a.id,
          ${alertFacts('a.status', 'a.status', 'a.severity', `case when a.suppressed_by is null then 'suppression-ended' else 'suppressed' end`)}
        from (select new.*) a ${ALERT_PLACE};
        return null;
      end $$;
      create trigger tell_suppression after update of suppressed_by on alert for each row
        when (old.suppressed_by is distinct from new.suppressed_by and new.status <> 'resolved') execute function tell_alert_suppression();`;

/** What of an incident is told; digests and the like are no incidents. */
const TOLD = ['title', 'severity', 'resolved_at', 'acked_by', 'acked_at', 'cause_kind', 'cause_name', 'folded_into', 'is_held'];
const toldOf = (row: string): string => TOLD.map((column) => `${row}.${column}`).join(', ');

const INCIDENTS = `
      create function tell_incident() returns trigger language plpgsql as $$
      declare
        step text := case
          when tg_op = 'INSERT' then 'opened'
          when old.resolved_at is null and new.resolved_at is not null then 'resolved'
          when new.acked_at is not null and old.acked_at is distinct from new.acked_at then 'acknowledged'
          else 'changed' end;
      begin
        insert into live_event (org_id, at, type, incident_id, facts) values (new.org_id,
          case step when 'opened' then new.opened_at when 'resolved' then new.resolved_at when 'acknowledged' then new.acked_at else now() end,
          'incident.' || step, new.id, json_build_object('title', new.title, 'severity', new.severity,
            'status', case when new.resolved_at is not null then 'resolved' when new.acked_by is null then 'open' else 'acknowledged' end,
            'acked_by', new.acked_by, 'cause_kind', new.cause_kind, 'cause_name', new.cause_name, 'folded_into', new.folded_into,
            'is_held', new.is_held));
        return null;
      end $$;
      create trigger tell_opened after insert on incident for each row when (new.kind = 'incident') execute function tell_incident();
      create trigger tell_changed after update on incident for each row
        when (new.kind = 'incident' and (${toldOf('old')}) is distinct from (${toldOf('new')})) execute function tell_incident();`;

/** The first state of a circuit is none that changed: whoever watches hears that there is a new circuit. */
const CIRCUITS = `
      create function tell_circuit_state() returns trigger language plpgsql as $$ begin
        insert into live_event (org_id, at, type, site, circuit, facts)
        select new.org_id, coalesce(new.state_since, new.state_at, now()), 'circuit.state', s.external_id, new.mac || ':' || new.port_id,
          json_build_object('state', coalesce(new.state, 'unknown'), 'from_state', old.state)
        from site s where s.org_id = new.org_id and s.id = new.site_id;
        return null;
      end $$;
      create trigger tell_state after update of state on circuit for each row
        when (old.state is not null and old.state is distinct from new.state) execute function tell_circuit_state();`;

const COLLECTION = `
      create function tell_collection() returns trigger language plpgsql as $$ begin
        if new.committed_at is not null and (tg_op = 'INSERT' or old.committed_at is distinct from new.committed_at) then
          insert into live_event (org_id, at, type, facts) values (new.org_id, new.committed_at, 'collection.read',
            json_build_object('kind', new.kind, 'failure_code', null, 'failures', 0));
        end if;
        if new.failure_code is not null and (tg_op = 'INSERT' or old.failure_code is distinct from new.failure_code) then
          insert into live_event (org_id, at, type, facts) values (new.org_id, coalesce(new.failed_at, now()), 'collection.failed',
            json_build_object('kind', new.kind, 'failure_code', new.failure_code, 'failures', new.failures));
        end if;
        return null;
      end $$;
      create trigger tell_first_poll after insert on poll_state for each row
        when (new.committed_at is not null or new.failure_code is not null) execute function tell_collection();
      create trigger tell_poll after update on poll_state for each row
        when ((old.committed_at, old.failure_code) is distinct from (new.committed_at, new.failure_code)) execute function tell_collection();`;

export const LIVE_TRIGGERS = {
  up: [ALERTS, INCIDENTS, CIRCUITS, COLLECTION].join(''),
  down: `
      drop trigger tell_poll on poll_state; drop trigger tell_first_poll on poll_state; drop function tell_collection();
      drop trigger tell_state on circuit; drop function tell_circuit_state();
      drop trigger tell_changed on incident; drop trigger tell_opened on incident; drop function tell_incident();
      drop trigger tell_suppression on alert; drop function tell_alert_suppression();
      drop trigger tell_changes on alert_change; drop function tell_alert_changes();`,
};
