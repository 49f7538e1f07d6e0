import { JobPublisher } from '@app/shared';
import { seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

let fixture: ApiFixture;
let operator: string;
beforeAll(async () => {
  fixture = await startApi();
  await seedTagged(fixture.db, 'alder');
  operator = await fixture.key('operator', 'org-alder');
});
afterAll(() => fixture.close());

const url = '/v1/orgs/org-alder/collection/backfills';
const window = { from: '2026-02-28T00:00:00Z', to: '2026-03-01T00:00:00Z' };

async function post(body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fixture.call(operator, 'POST', url, body);
  return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
}

describe('a backfill over the API', () => {
  it('is noted once, queued, written into the audit log and listed', async () => {
    const first = await post({ ...window, kinds: ['sle-wan', 'wan-hours'] });
    expect(first).toMatchObject({
      status: 202,
      body: { ...window, kinds: ['wan-hours', 'sle-wan'], state: 'planned', steps: 0, requested_at: '2026-03-01T12:10:00Z' },
    });
    expect((await post({ ...window, kinds: ['wan-hours', 'sle-wan'] })).body['id']).toBe(first.body['id']);
    const { body } = await fixture.call(await fixture.key('viewer', 'org-alder'), 'GET', url);
    expect((JSON.parse(body) as { items: unknown[] }).items).toEqual([first.body]);
    expect(await fixture.api.app.get(JobPublisher, { strict: false }).depth('collect')).toBe(1);
    const audited = await fixture.db.query(`select details from audit where action = 'collection.backfill'`);
    expect(audited[0]).toEqual({ details: { kinds: ['sle-wan', 'wan-hours'] } });
  });

  it.each([
    [{}, 'from'],
    [{ ...window, from: '2026-02-01T00:00:00Z' }, 'from'],
    [{ ...window, from: window.to }, 'from'],
    [{ from: '2026-03-02T00:00:00Z', to: '2026-03-03T00:00:00Z' }, 'from'],
    [{ from: '2026-03-01T12:10:00Z', to: '2026-03-03T00:00:00Z' }, 'from'],
    [{ ...window, to: 'soon' }, 'to'],
    [{ ...window, kinds: ['weather'] }, 'kinds'],
    [{ ...window, kinds: [] }, 'kinds'],
  ])('is refused with the field that is wrong: %j', async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect((answer.body['errors'] as { field: string }[]).map((error) => error.field)).toContain(field);
  });

  it('is for operators', async () => {
    expect((await fixture.call(await fixture.key('viewer', 'org-alder'), 'POST', url, window)).status).toBe(403);
  });
});
