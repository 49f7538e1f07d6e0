import { randomUUID } from 'node:crypto';
import { API_ROLES } from '@app/shared';
import type { Answer } from '../api.fixture.js';
import type { Operation } from '../walk.fixture.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import { OrgScope } from './org-scope.js';
import { ORG, startBothSites, type BothSites } from './site-groups.fixture.js';

/** What a route must be asked so that its answer is about single sites. */
const QUERIES: Readonly<Record<string, string>> = {
  '/v1/orgs/{org}/failovers/counts': '?by=site',
  '/v1/orgs/{org}/offenders': '?by=availability',
  '/v1/orgs/{org}/rankings': '?by=utilization',
  '/v1/orgs/{org}/sle/worst-sites': '?metric=coverage',
  '/v1/orgs/{org}/circuits/{circuit}/availability': '?from=2026-02-20T00:00:00Z&to=2026-03-01T12:00:00Z',
};

describe('a key of a site group', () => {
  let world: BothSites;
  beforeAll(async () => {
    world = await startBothSites();
  }, 60_000);
  afterAll(() => world.fixture.close());

  const ask = (key: string, operation: Operation, url: string, about: 'own' | 'other'): Promise<Answer> =>
    world.fixture.call(key, operation.method, url, world[about].bodyOf(operation));
  const told = (operation: Operation, url: string, { status, body }: Answer): string =>
    `${operation.method} ${url}: ${String(status)} ${body}`;

  it.each(API_ROLES)('shows a %s nothing of the other site, by no route', async (role) => {
    const key = await world.fixture.limitedKey(role, ORG, 'group-alder');
    for (const operation of world.operations) {
      const isFiltered = operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === 'site');
      const url = `${world.other.path(operation, ORG)}${isFiltered ? '?site=site-birch' : ''}`;
      const answer = await ask(key, operation, url, 'other');
      if (/birch/i.test(answer.body)) throw new Error(`Of the other site: ${told(operation, url, answer)}`);
      if (answer.status >= 500) throw new Error(told(operation, url, answer));
      const isOfOther = /\{(site|circuit|device|alert|incident)\}/.test(operation.path);
      if (!operation.isForSiteGroups || isOfOther) expect([url, [401, 403, 404].includes(answer.status)]).toEqual([url, true]);
    }
  });

  it('shows its own site by every route that is for such keys, and refuses the others with what to do', async () => {
    const key = await world.fixture.limitedKey('admin', ORG, 'group-alder');
    const shown: string[] = [];
    for (const operation of world.operations.filter(({ path }) => path.startsWith('/v1/orgs') || path.startsWith('/v1/keys'))) {
      const url = `${world.own.path(operation, ORG)}${QUERIES[operation.path] ?? ''}`;
      const answer = await ask(key, operation, url, 'own');
      if (/birch/i.test(answer.body)) throw new Error(`Of the other site: ${told(operation, url, answer)}`);
      const wanted = operation.isForSiteGroups ? 200 : 403;
      if (answer.status !== wanted) throw new Error(`Not ${String(wanted)}: ${told(operation, url, answer)}`);
      if (wanted === 403) expect(answer.body).toContain('Ask an admin for a key without site groups');
      else if (/alder/.test(answer.body)) shown.push(operation.path);
    }
    expect(shown.length).toBeGreaterThanOrEqual(40);
    // What follows from a change is written down, although no limited key sees where.
    const events = await world.fixture.db.query('select type from live_event where alert_id = $1', [world.own.alertId]);
    expect(events).toContainEqual({ type: 'alert.resolved' });
  });

  it('shows nothing of the other site and never fails, whatever is asked of a route', async () => {
    const key = await world.fixture.limitedKey('viewer', ORG, 'group-alder');
    const urls = world.operations
      .filter(({ isForSiteGroups, method }) => isForSiteGroups && method === 'GET')
      .flatMap((operation) =>
        operation.parameters
          .filter((parameter) => parameter.in === 'query')
          .flatMap(({ name, schema, example }) => {
            const values = schema?.enum ?? (example === undefined ? [] : [example]);
            return values.map((value) => {
              const query = new URLSearchParams(QUERIES[operation.path]);
              query.set(name, String(value));
              return `${world.own.path(operation, ORG)}?${query.toString()}`;
            });
          }),
      );
    const answers = await Promise.all(urls.map((url) => world.fixture.call(key, 'GET', url)));
    const wrong = answers.flatMap(({ status, body }, at) =>
      /birch/i.test(body) || status >= 500 ? [`${urls[at] ?? ''}: ${String(status)} ${body}`] : [],
    );
    expect(wrong).toEqual([]);
    const shown = answers.filter(({ status }) => status === 200).length;
    expect(shown).toBeGreaterThanOrEqual(100);
  });

  it('counts as answers of one kind for each question: a sum over other sites is refused', async () => {
    const key = await world.fixture.limitedKey('viewer', ORG, 'group-alder');
    const told = async (path: string): Promise<string> => (await world.fixture.call(key, 'GET', `/v1/orgs/${ORG}${path}`)).body;
    expect(await told('/failovers/counts')).toContain('here `by` must be site or circuit');
    expect(await told('/rankings?by=utilization&of=regions')).toContain('here `of` must be circuits or sites');
    expect(await told('/trends?level=org')).toContain('here `level` must be circuit or site or sle');
    expect(await told('/kpis?of=sites&of=regions')).toContain('here `of` must be circuits or sites');
  });

  it('gives no tag to answers, which may be others although nothing was measured', async () => {
    const url = `/v1/orgs/${ORG}/sites/site-alder/series?from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z`;
    const etagOf = async (key: string) => (await world.fixture.call(key, 'GET', url)).headers['etag'];
    expect(await etagOf(await world.fixture.key('viewer', ORG))).toEqual(expect.any(String));
    expect(await etagOf(await world.fixture.limitedKey('viewer', ORG, 'group-alder'))).toBeUndefined();
  });

  it('explains an alert without the incident that it shares with another site, and does not say that nobody was told', async () => {
    const key = await world.fixture.limitedKey('viewer', ORG, 'group-alder');
    const { body } = await world.fixture.call(key, 'GET', `/v1/orgs/${ORG}/alerts/${String(world.own.alertId)}/explain`);
    expect(body).toContain('It is part of an incident with alerts of other sites');
    expect(body).toContain('email:alder@example.com did not take it');
    const incident = await world.fixture.call(key, 'GET', `/v1/orgs/${ORG}/incidents/${String(world.sharedIncident)}`);
    expect(incident.status).toBe(404);
  });

  it('lets an operator write about its own site, once for each Idempotency-Key, and what follows is written down', async () => {
    const { db, api } = world.fixture;
    const key = await world.fixture.limitedKey('operator', ORG, 'group-alder');
    const note = async (alertId: number, text: string) => {
      const { statusCode, headers } = await api.app.inject({
        method: 'POST',
        url: `/v1/orgs/${ORG}/alerts/${String(alertId)}/notes`,
        headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'once' },
        payload: { text },
      });
      return [statusCode, headers['idempotent-replayed']];
    };
    expect(await note(world.other.alertId, 'theirs')).toEqual([404, undefined]);
    expect([await note(world.own.alertId, 'ours'), await note(world.own.alertId, 'ours')]).toEqual([
      [200, undefined],
      [200, 'true'],
    ]);
    expect(await db.query(`select alert_id as id, text from alert_note where text in ('ours', 'theirs')`)).toEqual([
      { id: world.own.alertId, text: 'ours' },
    ]);
    const actions = `select action from audit where actor = $1 and action not like 'key.%' order by id`;
    expect(await db.query(actions, [`key:${String(key.split('_')[1])}`])).toEqual([{ action: 'alert.note' }]);
  });

  it('shares a reading that goes on with keys that see the same, and no other', async () => {
    const service = world.fixture.api.app.get(CurrentStateService);
    const read = async (...siteGroups: string[]) => {
      const grant = { id: world.own.orgId, externalId: ORG, role: 'viewer' as const, siteGroups };
      const scope = OrgScope.granted({ id: randomUUID(), actor: 'key:a', name: 'a', orgs: [grant], session: null }, ORG);
      return scope?.inside(() => service.org(scope));
    };
    const [one, same, other] = await Promise.all([read('group-alder'), read('group-alder'), read('group-birch')]);
    expect(same).toBe(one);
    expect([one, other].map((org) => org?.sites.map(({ row }) => row.externalId))).toEqual([['site-alder'], ['site-birch']]);
    expect(await read('group-alder')).not.toBe(one);
  });

  it('is never given what was read for others, nor are they given what was read for it', async () => {
    const whole = await world.fixture.key('viewer', ORG);
    const limited = await world.fixture.limitedKey('viewer', ORG, 'group-alder');
    for (const key of [limited, whole, limited, whole]) {
      const { body } = await world.fixture.call(key, 'GET', `/v1/orgs/${ORG}/sites`);
      expect([body.includes('site-alder'), body.includes('site-birch')]).toEqual([true, key === whole]);
    }
  });

  it('goes by the groups that sites have now, of those that still exist', async () => {
    const { db, call } = world.fixture;
    const key = await world.fixture.limitedKey('viewer', ORG, 'group-alder');
    const seen = async (): Promise<string[]> =>
      (JSON.parse((await call(key, 'GET', `/v1/orgs/${ORG}/sites`)).body) as { items: { id: string }[] }).items.map(
        ({ id }) => id,
      );
    const regroup = (site: string, groups: string[]) =>
      db.query('update site set sitegroup_ids = $2 where external_id = $1', [site, groups]);
    expect(await seen()).toEqual(['site-alder']);
    await regroup('site-birch', ['group-alder', 'group-birch']);
    expect(await seen()).toEqual(['site-alder', 'site-birch']);
    expect((await call(key, 'GET', `/v1/orgs/${ORG}/sites/site-birch`)).status).toBe(200);
    await regroup('site-alder', []);
    expect(await seen()).toEqual(['site-birch']);
    expect((await call(key, 'GET', `/v1/orgs/${ORG}/sites/site-alder`)).status).toBe(404);
    await db.query(`delete from site_group where external_id = 'group-alder'`);
    expect(await seen()).toEqual([]);
  });
});
