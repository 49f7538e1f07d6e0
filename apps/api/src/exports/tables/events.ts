import { exportColumns, exportParts, type SqlTable } from '@app/shared';

const { boolean, instant, integer, number, text } = exportColumns;
const { equals, REGION, REGION_AT, withRegionAt } = exportParts;

const SITE = [text('site_id', 's.external_id', { about: 'Site.' }), text('site_name', 's.name', { about: 'Its name now.' })];

/** When sites ran on their backups. */
export const FAILOVERS: SqlTable = {
  name: 'failovers',
  about: 'One row per failover that touches the period, oldest first. `ended` is empty while it goes on.',
  defaultDays: 31,
  columns: [
    integer('id', 'f.id', { about: 'Number of the failover.' }),
    ...SITE,
    { ...REGION, about: 'Region of the site when it began.' },
    text('primary_id', `p.mac || ':' || p.port_id`, { about: 'Circuit that did not carry.' }),
    text('backup_id', `b.mac || ':' || b.port_id`, { about: 'Circuit that carried first.' }),
    instant('started', 'f.started_at', { about: 'When the backup began to carry.' }),
    instant('ended', 'f.ended_at', { about: 'When the primary carried again.' }),
    number('duration_s', 'extract(epoch from f.ended_at - f.started_at)', { unit: 's', about: 'Empty while it goes on.' }),
    text('why', 'f.why', { about: '`down` or `inactive`.' }),
    text('trigger', 'f.trigger', { about: 'What told of it: `event` or `poll`.' }),
    text('ended_by', 'f.ended_by', { about: '`carries`, `disabled` or `role`.' }),
    number('latency_ms_avg', 'f.latency_avg', { unit: 'ms', about: 'On what carried meanwhile.' }),
    number('jitter_ms_avg', 'f.jitter_avg', { unit: 'ms', about: 'On what carried meanwhile.' }),
    number('loss_pct_avg', 'f.loss_avg', { unit: '%', about: 'On what carried meanwhile.' }),
    number('utilization_pct', 'f.utilization_pct', { unit: '%', about: 'On what carried meanwhile.' }),
    number('peak_utilization_pct', 'f.peak_utilization_pct', { unit: '%', about: 'On what carried meanwhile.' }),
  ],
  source: () => `failover f join site s on s.org_id = f.org_id and s.id = f.site_id
    join circuit p on p.org_id = f.org_id and p.id = f.primary_id join circuit b on b.org_id = f.org_id and b.id = f.backup_id
    ${withRegionAt('f.started_at')}`,
  where: ({ from, to }) => `f.org_id = $1 and f.started_at < ${to} and (f.ended_at is null or f.ended_at > ${from})`,
  order: 'f.started_at, f.id',
  matches: {
    site: equals('f.site_id'),
    circuit: (value) => `${value} in (f.primary_id, f.backup_id)`,
    region: equals(REGION_AT),
  },
};

/** Alerts, whatever became of them. */
export const ALERTS: SqlTable = {
  name: 'alerts',
  about: 'One row per alert that touches the period, oldest first.',
  defaultDays: 31,
  columns: [
    integer('id', 'a.id', { about: 'Number of the alert.' }),
    text('rule', 'a.rule', { about: 'What was judged.' }),
    ...SITE,
    text('circuit_id', `c.mac || ':' || c.port_id`, { about: 'Empty when it is about more than one circuit.' }),
    text('status', 'a.shown_status', { about: '`pending`, `firing`, `acknowledged`, `suppressed`, `flapping` or `resolved`.' }),
    text('severity', 'a.severity', { about: 'Now, or when it was resolved.' }),
    instant('since', 'a.since', { about: 'When the trouble began.' }),
    instant('fired', 'a.fired_at', { about: 'When it became an alert.' }),
    instant('resolved', 'a.resolved_at', { about: 'Empty while it goes on.' }),
    text('suppressed_by', 'a.suppressed_by', { about: 'Why nobody was told of it.' }),
    boolean('noise', '(a.noise_at is not null)', { about: 'Somebody says that nobody needed to know.' }),
  ],
  source: () => `alert a left join site s on s.org_id = a.org_id and s.id = a.site_id
    left join circuit c on c.org_id = a.org_id and c.id = a.circuit_id ${withRegionAt('a.since')}`,
  where: ({ from, to }) => `a.org_id = $1 and a.since < ${to} and (a.resolved_at is null or a.resolved_at > ${from})`,
  order: 'a.since, a.id',
  matches: {
    site: equals('a.site_id'),
    circuit: equals('a.circuit_id'),
    region: (value) => `s.id is not null and ${REGION_AT} = ${value}`,
  },
};

const OF_SITE = (value: string): string =>
  `exists (select 1 from incident_alert m join alert a on a.org_id = m.org_id and a.id = m.alert_id
    where m.org_id = i.org_id and m.incident_id = i.id and a.site_id = ${value})`;

/** What people were told of as one. */
export const INCIDENTS: SqlTable = {
  name: 'incidents',
  about: 'One row per incident that touches the period, oldest first.',
  defaultDays: 31,
  columns: [
    integer('id', 'i.id', { about: 'Number of the incident.' }),
    text('kind', 'i.kind', { about: '`incident`, `digest` or `dead-letter`.' }),
    text('title', 'i.title', { about: 'What people were told.' }),
    text('severity', 'i.severity', { about: 'The highest of its alerts.' }),
    text('cause_kind', 'i.cause_kind', { about: 'Of an outage of several sites: `many`, `carrier`, `region` or `org`.' }),
    text('cause_name', 'i.cause_name', { about: 'Name of that carrier or region.' }),
    instant('opened', 'i.opened_at', { about: 'When it began.' }),
    instant('resolved', 'i.resolved_at', { about: 'Empty while it goes on.' }),
    number('duration_s', 'extract(epoch from i.resolved_at - i.opened_at)', { unit: 's', about: 'Empty while it goes on.' }),
    instant('notified', 'i.notified_at', { about: 'When people were last told.' }),
    text('acknowledged_by', 'i.acked_by', { about: 'Who takes care.' }),
    instant('acknowledged', 'i.acked_at', { about: 'Since when.' }),
    text('policy', 'i.policy', { about: 'Who is told, in steps.' }),
    integer('alerts', '(select count(*) from incident_alert m where m.org_id = i.org_id and m.incident_id = i.id)', {
      about: 'Number of its alerts.',
    }),
  ],
  source: () => 'incident i',
  where: ({ from, to }) => `i.org_id = $1 and i.opened_at < ${to} and (i.resolved_at is null or i.resolved_at > ${from})`,
  order: 'i.opened_at, i.id',
  matches: { site: OF_SITE },
};

/** Every notice to every destination. */
export const DELIVERIES: SqlTable = {
  name: 'deliveries',
  about: 'One row per notice and destination made in the period, oldest first.',
  defaultDays: 31,
  columns: [
    integer('id', 'd.id', { about: 'Number of the delivery.' }),
    integer('incident_id', 'd.incident_id', { about: 'The incident it tells of.' }),
    integer('step', 'd.step', { about: 'Which notice of the incident.' }),
    text('channel', 'd.channel', { about: 'How.' }),
    text('destination', 'd.destination', { about: 'To whom.' }),
    text('reason', 'd.reason', { about: 'Why they were told.' }),
    text('title', `d.notification->>'title'`, { about: 'What they were told.' }),
    text('status', 'd.status', { about: '`due`, `sent`, `dead`, `digest`, `digested` or `withheld`.' }),
    instant('created', 'd.created_at', { about: 'When it was decided.' }),
    instant('sent', 'd.sent_at', { about: 'When it was taken.' }),
    integer('attempts', 'd.attempts', { about: 'How often it was tried.' }),
    text('withheld_reason', 'd.withheld_reason', { about: 'Why it was not sent after all.' }),
  ],
  source: () => 'delivery d join incident i on i.org_id = d.org_id and i.id = d.incident_id',
  where: ({ from, to }) => `d.org_id = $1 and d.created_at >= ${from} and d.created_at < ${to}`,
  order: 'd.created_at, d.id',
  matches: { site: OF_SITE },
};

/** Who changed what. */
export const AUDIT: SqlTable = {
  name: 'audit',
  about: 'One row per change that people or programs made, oldest first. Needs the role operator.',
  defaultDays: 31,
  role: 'operator',
  columns: [
    integer('id', 'u.id', { about: 'Number of the entry.' }),
    instant('at', 'u.at', { about: 'When.' }),
    text('actor', 'u.actor', { about: 'Who.' }),
    text('action', 'u.action', { about: 'What was done.' }),
    text('subject', 'u.subject', { about: 'To what.' }),
    text('details', 'u.details::text', { about: 'JSON; differs by action.' }),
  ],
  source: () => 'audit u',
  where: ({ from, to }) => `u.org_id = $1 and u.at >= ${from} and u.at < ${to}`,
  order: 'u.at, u.id',
  matches: {},
};
