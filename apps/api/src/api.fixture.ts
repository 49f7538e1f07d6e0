import { createClient, type ApiClient } from '@app/client';
import { statusOf, type AlertState } from '@app/domain';
import { createApiKey, Database, loadEnv, parseSettings, type ApiRole, type NewApiKey } from '@app/shared';
import { createTestDatabase, ManualClock, seedOrg, testRedisUrl, type SeededSite } from '@app/testing';
import { createApi, type RunningApi } from './create-api.js';
import { inject } from './inject.spec-support.js';
import { DEFAULT_API_SETTINGS, type ApiSettings } from './settings.js';

export const NOW = Date.UTC(2026, 2, 1, 12, 10);

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface ApiFixture {
  readonly api: RunningApi;
  readonly db: Database;
  readonly clock: ManualClock;
  /** One more process on the same servers, with the same configuration unless told otherwise; whoever asks for it closes it. */
  another(yaml?: string): Promise<RunningApi>;
  /** A key of one org, or of several. */
  key(role: ApiRole, ...orgs: string[]): Promise<string>;
  /** A key of an org that is limited to some of its site groups. */
  limitedKey(role: ApiRole, org: string, ...siteGroups: string[]): Promise<string>;
  /** A client that calls over HTTP, as a program outside would. */
  client(key: string): Promise<ApiClient>;
  call(key: string | null, method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export interface StartOptions {
  readonly burst?: number;
  readonly hookBurst?: number;
  readonly ackBurst?: number;
  readonly live?: ApiSettings['live'];
  /** How long what many callers ask for is kept; default not at all. */
  readonly state?: ApiSettings['state'];
  readonly yaml?: string;
  /** Variables beside those of the servers. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The API on a database and a queue of its own, inside the test's process. */
export async function startApi(options: StartOptions = {}): Promise<ApiFixture> {
  const database = await createTestDatabase();
  const redis = testRedisUrl();
  const clock = new ManualClock(NOW);
  const env = loadEnv({
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    QUEUE_PREFIX: 'test',
    LOG_LEVEL: 'silent',
    ...options.env,
  });
  const another = (yaml = options.yaml ?? ''): Promise<RunningApi> =>
    createApi({
      runtime: {
        env,
        settings: parseSettings(yaml, {}),
        clock,
        queue: { kind: 'redis', ...redis },
        databaseUrl: database.url,
      },
      api: {
        state: options.state ?? { freshMs: 0, staleMs: 0 },
        rateLimit: { requestsPerSecond: 1, burst: options.burst ?? 100_000 },
        hookRateLimit: { requestsPerSecond: 1, burst: options.hookBurst ?? 100_000 },
        ackRateLimit: { requestsPerSecond: 1, burst: options.ackBurst ?? 100_000 },
        live: options.live ?? DEFAULT_API_SETTINGS.live,
      },
      logger: false,
    });
  const api = await another();
  const db = new Database({ url: database.url });
  let address: Promise<string> | undefined;
  return {
    api,
    db,
    clock,
    another,
    key: (role, ...orgIds) => secretOf(db, { role, orgIds }),
    limitedKey: (role, org, ...siteGroups) => secretOf(db, { role, orgIds: [org], siteGroups }),
    client: async (key) => createClient({ baseUrl: await (address ??= api.listen(0, '127.0.0.1')), key }),
    call: (key, method, url, body) => call(api, { key, method, url, body }),
    close: async () => {
      await api.close();
      await db.close();
      await database.drop();
    },
  };
}

async function secretOf(db: Database, given: Pick<NewApiKey, 'role' | 'orgIds' | 'siteGroups'>): Promise<string> {
  return (await createApiKey(db, { ...given, name: `${given.role} key`, now: new Date(NOW), actor: 'test' })).secret;
}

interface Call {
  readonly key: string | null;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body: unknown;
}

async function call(api: RunningApi, { key, method, url, body }: Call): Promise<Answer> {
  const response = await inject(api.app, {
    method,
    url,
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return {
    status: response.statusCode,
    body: response.body,
    type: String(response.headers['content-type'] ?? ''),
    headers: response.headers,
  };
}

const FIRING: AlertState = {
  kind: 'firing',
  observedAt: NOW,
  breached: true,
  flips: [NOW],
  since: NOW,
  severity: 'critical',
  firedAt: NOW,
  acknowledgement: null,
};

/** An org whose every name and id holds the tag, with something of each resource; returns the ids a route needs. Of one org there may be several tags. */
export async function seedTagged(
  db: Database,
  tag: string,
  sites: readonly SeededSite[] = [taggedSite(tag)],
  org = tag,
): Promise<{ orgId: number; alertId: number }> {
  const { orgId } = await seedOrg(db, { orgId: `org-${org}`, name: `Org ${org}`, now: NOW, sites });
  const first = sites[0]?.id;
  const [alert] = await db.query<{ id: number }>(
    `insert into alert (org_id, rule, subject, site_id, state, status, severity, since, fired_at, details, observed_at)
     select $1, 'site-down', 'site:' || id, id, $2, $3, 'critical', $4, $4, jsonb_build_object('note', $5::text), $4
     from site where org_id = $1 and external_id = $6 returning id`,
    [orgId, JSON.stringify(FIRING), statusOf(FIRING), new Date(NOW), `detail ${tag}`, first],
  );
  if (alert === undefined) throw new Error('The alert was not stored.');
  await db.query(
    `insert into alert_change (org_id, alert_id, seq, at, to_status, severity, reason) values ($1, $2, 1, $3, 'firing', 'critical', 'fired-at-once')`,
    [orgId, alert.id, new Date(NOW)],
  );
  await db.query(
    `insert into mist_alarm (org_id, external_id, site_external_id, type, alarm_group, severity, at, last_seen_at, count, details)
     values ($1, $2, $3, 'gateway_down', 'infrastructure', 'critical', $4, $4, 1, '{}')`,
    [orgId, `alarm-${tag}`, `site-${tag}`, new Date(NOW - 60_000)],
  );
  await db.query(
    `with gateway as (insert into device (org_id, site_id, mac, name, type, connected, connected_since, observed_at)
       select org_id, id, $2, $3, 'gateway', true, $4, $4 from site where org_id = $1 and external_id = $6 returning id, site_id)
     insert into gateway_state (org_id, device_id, site_id, from_at, to_at, connected) select $1, id, site_id, $5, $4, true from gateway`,
    [orgId, `gw-${tag}`, `Gateway ${tag}`, new Date(NOW), new Date(NOW - 3_600_000), first],
  );
  await db.query(
    `insert into poll_state (org_id, kind, committed_at, attempted_at) values ($1, 'wan-ports', $2, $2) on conflict do nothing`,
    [orgId, new Date(NOW - 60_000)],
  );
  return { orgId, alertId: alert.id };
}

export const taggedSite = (tag: string): SeededSite => ({
  id: `site-${tag}`,
  name: `Site ${tag}`,
  region: `Region ${tag}`,
  sle: { coverage: { score: 0.75, severity: 'major' } },
  circuits: [
    {
      mac: `mac-${tag}`,
      portId: 'ge-0/0/0',
      name: `Circuit ${tag}`,
      state: 'up',
      hours: [{ rxBytes: 1_000, utilizationPct: 10 }],
    },
  ],
});

/** A site with a circuit that gets busy, one that is down, and an alert about it. Returns the key of the alert. */
export async function seedAlder(db: Database): Promise<number> {
  const circuit = { mac: '020000000101', portId: 'ge-0/0/0', name: 'main', state: 'up' as const };
  // 100 Mbps carry 45e9 bytes an hour: 33.75e9 are 75 %, 36e9 are 80 %, 42.75e9 are 95 %.
  const hours = [
    { rxBytes: 33.75e9, utilizationPct: 75, latency: { count: 12, avg: 20, max: 40, p95: 38 } },
    null,
    {
      rxBytes: 36e9,
      utilizationPct: 80,
      upMinutes: 30,
      downMinutes: 30,
      flaps: 2,
      latency: { count: 6, avg: 50, max: 90, p95: 88 },
    },
    { rxBytes: 42.75e9, utilizationPct: 95 },
  ];
  const site = {
    ...taggedSite('alder'),
    circuits: [
      { ...circuit, hours },
      { ...circuit, portId: 'ge-0/0/1', name: 'spare', state: 'down' as const },
    ],
  };
  return (await seedTagged(db, 'alder', [site])).alertId;
}

/** An incident of an alert, told to one destination that took it, with a decision and a delivery that was given up. */
export async function seedIncident(
  db: Database,
  { orgId, alertId, tag }: { orgId: number; alertId: number; tag: string },
): Promise<{ incidentId: number; deliveryId: number }> {
  const [incident] = await db.query<{ id: number }>(
    `insert into incident (org_id, group_key, title, severity, opened_at, notified_severity, notified_at, step)
     values ($1, $2, $3, 'critical', $4, 'critical', $4, 1) returning id`,
    [orgId, `wan:${tag}`, `Incident ${tag}`, new Date(NOW)],
  );
  if (incident === undefined) throw new Error('The incident was not stored.');
  await db.query(
    `insert into incident_alert (org_id, incident_id, alert_id, severity, joined_at, told_at) values ($1, $2, $3, 'critical', $4, $4)`,
    [orgId, incident.id, alertId, new Date(NOW)],
  );
  await db.query(
    `insert into incident_decision (org_id, incident_id, seq, at, reason, detail) values ($1, $2, 1, $3, 'opened', $4)`,
    [orgId, incident.id, new Date(NOW), JSON.stringify({ policy: `policy ${tag}` })],
  );
  const notification = JSON.stringify({ title: `Incident ${tag}`, ackUrl: 'https://mistwatch.example.com/ack/secret-link' });
  const [delivery] = await db.query<{ id: number }>(
    `insert into delivery (org_id, incident_id, step, destination, channel, reason, status, created_at, due_at, attempts, notification)
     values ($1, $2, 1, $3, 'email', 'opened', 'dead', $4, $4, 1, $5) returning id`,
    [orgId, incident.id, `email:${tag}@example.com`, new Date(NOW), notification],
  );
  await db.query(
    `insert into delivery_attempt (org_id, delivery_id, attempt, at, outcome, answer) values ($1, $2, 1, $3, 'dead', '550 no such user')`,
    [orgId, delivery?.id, new Date(NOW)],
  );
  return { incidentId: incident.id, deliveryId: delivery?.id ?? 0 };
}
