import { encodeCircuitIds } from './rewrite.js';

const base = '/v1/orgs/org-1/circuits';

it.each([
  [`${base}/02ab:ge-0/0/0`, `${base}/02ab:ge-0%2F0%2F0`],
  [`${base}/02ab%3Age-0/0/0/series?grain=day`, `${base}/02ab%3Age-0%2F0%2F0/series?grain=day`],
  [`${base}/02ab:ge-0/0/0/outages`, `${base}/02ab:ge-0%2F0%2F0/outages`],
  [`${base}/02ab%3Age-0%2F0%2F0/windows`, `${base}/02ab%3Age-0%2F0%2F0/windows`],
  [`${base}/12/series?from=2026-01-01T00:00:00Z`, `${base}/12/series?from=2026-01-01T00:00:00Z`],
  [`${base}/02ab:ge-0/0/0/paths?limit=5`, `${base}/02ab:ge-0%2F0%2F0/paths?limit=5`],
  [
    `${base}/02ab:ge-0/0/0/paths/02cd|ge-0/0/1/series?grain=day`,
    `${base}/02ab:ge-0%2F0%2F0/paths/02cd|ge-0%2F0%2F1/series?grain=day`,
  ],
  [`${base}/12/paths/02cd%7Cge-0/0/1/series`, `${base}/12/paths/02cd%7Cge-0%2F0%2F1/series`],
  [`${base}?cursor=a:b/c`, `${base}?cursor=a:b/c`],
  ['/v1/orgs/org-1/sites/a:b/c', '/v1/orgs/org-1/sites/a:b/c'],
])('reads %s as %s', (given, expected) => {
  expect(encodeCircuitIds(given)).toBe(expected);
});
