import { API_ROLES } from '@app/shared';
import type { Answer } from '../api.fixture.js';
import type { Operation } from '../walk.fixture.js';
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
  });
});
