import { auditRow } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const PATH = '/v1/orgs/org-alder/audit';
const MINUTE_MS = 60_000;

describe('the audit log', () => {
  let fixture: ApiFixture;
  let key: string;
  beforeAll(async () => {
    fixture = await startApi();
    const alder = await seedTagged(fixture.db, 'alder');
    const birch = await seedTagged(fixture.db, 'birch');
    key = await fixture.key('operator', 'org-alder');
    await fixture.db.query('truncate audit');
    const write = (orgId: number, minutes: number, entry: { actor: string; action: string; subject: string; details?: object }) =>
      auditRow(fixture.db, orgId, { at: new Date(NOW + minutes * MINUTE_MS), ...entry, details: { ...entry.details } });
    await write(alder.orgId, 0, {
      actor: 'key:a',
      action: 'silence.create',
      subject: 'silence:1',
      details: { expiresAt: 'noon' },
    });
    await write(birch.orgId, 1, { actor: 'key:a', action: 'silence.create', subject: 'silence:2' });
    await write(alder.orgId, 2, { actor: 'key:b', action: 'incident.acknowledge', subject: 'incident:4' });
    await write(alder.orgId, 3, { actor: 'key:a', action: 'incident.resolve', subject: 'incident:4' });
  });
  afterAll(() => fixture.close());

  const page = async (query = '') => {
    const answer = await fixture.call(key, 'GET', `${PATH}${query}`);
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body) as { items: { action: string; subject: string }[]; next_cursor: string | null };
  };
  const told = async (query = ''): Promise<string[]> =>
    (await page(query)).items.map(({ action, subject }) => `${action} ${subject}`);

  it('tells who changed what in an organization, newest first', async () => {
    expect(await told()).toEqual(['incident.resolve incident:4', 'incident.acknowledge incident:4', 'silence.create silence:1']);
    expect((await page()).items[2]).toEqual({
      id: expect.any(Number) as number,
      at: '2026-03-01T12:10:00Z',
      actor: 'key:a',
      action: 'silence.create',
      subject: 'silence:1',
      details: { expires_at: 'noon' },
    });
  });

  it('is read page by page', async () => {
    const first = await page('?limit=2');
    expect(first.items).toHaveLength(2);
    expect(await told(`?limit=2&cursor=${first.next_cursor ?? ''}`)).toEqual(['silence.create silence:1']);
    for (const cursor of ['x', Buffer.from('["-1"]').toString('base64url')])
      expect((await fixture.call(key, 'GET', `${PATH}?cursor=${cursor}`)).status).toBe(400);
  });

  it.each([
    ['?actor=key:a', ['incident.resolve incident:4', 'silence.create silence:1']],
    ['?action=silence.create', ['silence.create silence:1']],
    ['?subject=incident:4&actor=key:b', ['incident.acknowledge incident:4']],
    ['?subject=silence:2', []],
    [
      `?from=${new Date(NOW + MINUTE_MS).toISOString()}&to=${new Date(NOW + 3 * MINUTE_MS).toISOString()}`,
      ['incident.acknowledge incident:4'],
    ],
  ])('is narrowed by %s', async (query, expected) => {
    expect(await told(query)).toEqual(expected);
  });

  it('refuses a time that is none, and readers without a say', async () => {
    const wrong = await fixture.call(key, 'GET', `${PATH}?from=yesterday`);
    expect([wrong.status, wrong.body.includes('from must be a time')]).toEqual([400, true]);
    const viewer = await fixture.key('viewer', 'org-alder');
    expect((await fixture.call(viewer, 'GET', PATH)).status).toBe(403);
    expect((await fixture.call(await fixture.key('admin', 'org-birch'), 'GET', PATH)).status).toBe(404);
  });
});
