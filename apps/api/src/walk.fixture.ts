import { NOW, seedIncident, seedTagged, type ApiFixture } from './api.fixture.js';

const METHODS = ['get', 'post', 'put', 'delete'] as const;

/** An operation of the document, as a walk sees it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly example?: unknown;
    readonly schema?: { readonly enum?: readonly unknown[] };
  }[];
  /** Keys that are limited to site groups may use it. */
  readonly isForSiteGroups: boolean;
}

interface Described {
  readonly parameters?: Operation['parameters'];
  readonly 'x-for-site-groups'?: boolean;
}

/** Every operation of the document, so that a route added later is walked too. */
export async function operationsOf(fixture: ApiFixture): Promise<Operation[]> {
  const { paths } = JSON.parse((await fixture.call(null, 'GET', '/openapi.json')).body) as {
    paths: Record<string, Partial<Record<(typeof METHODS)[number], Described>>>;
  };
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (operation === undefined) return [];
      const isForSiteGroups = operation['x-for-site-groups'] === true;
      return [
        { method: method.toUpperCase() as Operation['method'], path, parameters: operation.parameters ?? [], isForSiteGroups },
      ];
    }),
  );
}

const WINDOW = { name: 'taken', scope: 'org', from: '2026-03-01T00:00:00Z', to: '2026-03-01T01:00:00Z' };

const bodiesAbout = (tag: string, org: string): Readonly<Record<string, unknown>> => ({
  'PUT /v1/orgs/{org}/circuits/attributes': { rows: [{ mac: `mac-${tag}`, port_id: 'ge-0/0/0', name: 'taken' }] },
  'POST /v1/orgs/{org}/circuits/links': { old: `mac-${tag}:ge-0/0/0`, new: 'mac-alder:ge-0/0/0' },
  'POST /v1/orgs/{org}/maintenance': { ...WINDOW, scope: 'site', subject: `site-${tag}` },
  'PUT /v1/orgs/{org}/maintenance/{maintenance}': WINDOW,
  'POST /v1/orgs/{org}/circuits/suggestions/accept': { circuits: [`mac-${tag}:ge-0/0/0`] },
  'PUT /v1/orgs/{org}/circuits/{circuit}/attributes': { name: 'taken' },
  'POST /v1/orgs/{org}/silences': { matcher: { rules: ['site-down'] }, reason: 'taken', until: '2026-03-02T00:00:00Z' },
  'POST /v1/orgs/{org}/silences/preview': { matcher: { rules: ['site-down'] } },
  'POST /v1/orgs/{org}/replay': {
    from: '2026-03-01T00:00:00Z',
    to: '2026-03-01T12:00:00Z',
    rules: [{ id: 'congestion', badCount: 1 }],
  },
  'POST /v1/orgs/{org}/rotas/{rota}/overrides': {
    member: 'email:taken@example.com',
    from: '2026-03-02T00:00:00Z',
    to: '2026-03-03T00:00:00Z',
  },
  'POST /v1/orgs/{org}/alerts/{alert}/resolve': { reason: 'taken' },
  'POST /v1/orgs/{org}/alerts/{alert}/notes': { text: 'taken' },
  'POST /v1/orgs/{org}/incidents/{incident}/notes': { text: 'taken' },
  'POST /v1/keys': { name: 'theft', role: 'viewer', orgs: [org] },
});

/** Something that the routes are about, by its tag: how to name it, and what to send. */
export interface Subject {
  readonly orgId: number;
  readonly alertId: number;
  /** The path of an operation with the ids of this subject, in an organization. */
  path(operation: Pick<Operation, 'path'>, org: string): string;
  bodyOf(operation: Operation): unknown;
}

/** What people of an organization said about being told, each in its name. */
async function seedRouting(
  { db }: ApiFixture,
  orgId: number,
  tag: string,
): Promise<Record<'silence' | 'override' | 'test', number>> {
  const insert = async (sql: string): Promise<number> =>
    (await db.query<{ id: number }>(`${sql} returning id`, [orgId, new Date(NOW)]))[0]?.id ?? 0;
  return {
    silence: await insert(
      `insert into silence (org_id, matcher, reason, owner, from_at, to_at, created_at, created_by)
       values ($1, '{"sites": ["site-${tag}"]}', 'Silence ${tag}', '${tag}', $2, $2::timestamptz + interval '1 hour', $2, 'test')`,
    ),
    override: await insert(
      `insert into rota_override (org_id, rota, member, from_at, to_at, reason, entered_at, entered_by)
       values ($1, 'night', 'email:${tag}@example.com', $2, $2::timestamptz + interval '1 hour', '${tag}', $2, 'test')`,
    ),
    test: await insert(`insert into channel_test (org_id, channel, asked_at, asked_by) values ($1, 'email', $2, 'key:${tag}')`),
  };
}

/** A report that a schedule made, about the region of the tag. */
async function seedReport({ db }: ApiFixture, orgId: number, tag: string): Promise<number> {
  const [row] = await db.query<{ id: number }>(
    `insert into report_file (org_id, kind, format, region, revision, name, made_at, used_at, bytes, sha256, body)
     values ($1, 'summary', 'text', $3, $3, 'SUMMARY_REPORT_20260301T121000Z.txt', $2, $2, 4, $3, convert_to($3, 'UTF8')) returning id`,
    [orgId, new Date(NOW), `Region ${tag}`],
  );
  return row?.id ?? 0;
}

/** A site named by a tag, with everything that a route can ask of it; of an organization of the same name, or of another. */
export async function seedSubject(fixture: ApiFixture, tag: string, org = tag): Promise<Subject> {
  const { db } = fixture;
  const seeded = await seedTagged(db, tag, undefined, org);
  const told = await seedIncident(db, { ...seeded, tag });
  const key = (await fixture.key('admin', `org-${org}`)).split('_')[1] ?? '';
  const [window] = await db.query<{ id: number }>(
    `insert into maintenance (org_id, name, owner, scope, site_id, from_at, to_at, created_at, created_by, updated_at)
     select org_id, $3, $3, 'site', id, $1, $1::timestamptz + interval '1 hour', $1, 'test', $1 from site
     where org_id = $2 and external_id = 'site-' || $3 returning id`,
    [new Date(NOW), seeded.orgId, tag],
  );
  const routing = await seedRouting(fixture, seeded.orgId, tag);
  const ids: Readonly<Record<string, string | number>> = {
    site: `site-${tag}`,
    circuit: `mac-${tag}%3Age-0%2F0%2F0`,
    peer: `${tag}%7Cge-0%2F0%2F0`,
    alert: seeded.alertId,
    device: `gw-${tag}`,
    metric: 'coverage',
    key,
    group: `Region%20${tag}`,
    region: `Region%20${tag}`,
    maintenance: window?.id ?? 0,
    incident: told.incidentId,
    delivery: told.deliveryId,
    ...routing,
    schedule: 'daily',
    report: await seedReport(fixture, seeded.orgId, tag),
    rota: 'night',
    channel: 'email',
    table: 'circuits',
    kind: 'executive',
    session: '0123456789abcdef',
  };
  const bodies = bodiesAbout(tag, `org-${org}`);
  return {
    ...seeded,
    path: ({ path }, of) =>
      path.replace(/\{(\w+)\}/g, (_, name: string) => {
        const id = name === 'org' ? of : ids[name];
        if (id === undefined) throw new Error(`The walk knows no id for {${name}} of ${path}; add one.`);
        return String(id);
      }),
    bodyOf: ({ method, path }) => (method === 'GET' || method === 'DELETE' ? undefined : (bodies[`${method} ${path}`] ?? {})),
  };
}
