import { get, type IncomingMessage } from 'node:http';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import readWorkbook from 'read-excel-file/node';
import { revokeApiKey } from '@app/shared';
import { waitFor } from '@app/testing';
import { NOW, seedIncident, seedTagged, startApi, taggedSite, type ApiFixture } from '../api.fixture.js';

const ORG = '/v1/orgs/org-alder/exports';
const HOSTILE = '=cmd|"/c calc"!A1, "two"\r\nlines';
const NEW_LINE = 0x0a;
const MANY = 6_000;

/** Enough rows that they do not fit into the buffers between Postgres and a client, of texts that hardly get smaller when packed. */
async function seedMany({ db }: ApiFixture): Promise<void> {
  await db.query(
    `insert into circuit (org_id, mac, port_id, site_id, wan_name) select c.org_id, 'many', n::text, c.site_id,
       (select string_agg(md5(n || '.' || part), '') from generate_series(1, 64) part)
     from (select * from circuit where mac = 'mac-alder') c, generate_series(1, $1::int) n`,
    [MANY],
  );
  await db.query(
    `insert into circuit_hour (org_id, circuit_id, hour, site_id, source, covered_ms, up_ms, down_ms, latency_count, jitter_count, loss_count, counter_reset)
     select org_id, id, '2026-03-01T10:00:00Z', site_id, 'samples', 0, 0, 0, 0, 0, 0, false from circuit where mac = 'many'`,
  );
  await db.query('analyze circuit_hour, circuit');
}

interface Opened {
  readonly response: IncomingMessage;
  readonly ended: Promise<'whole' | 'broken'>;
}

/** Reads the first bytes of an export, then no more until told. */
function open(url: string, key: string, encoding: string): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'accept-encoding': encoding };
    get(url, { headers }, (response) => {
      const ended = new Promise<'whole' | 'broken'>((settle) => {
        response.once('end', () => settle('whole'));
        response.once('error', () => settle('broken'));
        response.once('close', () => settle(response.complete ? 'whole' : 'broken'));
      });
      response.once('readable', () => resolve({ response, ended }));
    }).once('error', reject);
  });
}

describe('exports', () => {
  let fixture: ApiFixture;
  let viewer: string;
  let operator: string;

  beforeAll(async () => {
    fixture = await startApi({ live: { heartbeatMs: 100, pollMs: 5_000 } });
    const { orgId, alertId } = await seedTagged(fixture.db, 'alder', [{ ...taggedSite('alder'), name: HOSTILE }]);
    await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
    await seedTagged(fixture.db, 'birch');
    [viewer, operator] = await Promise.all([fixture.key('viewer', 'org-alder'), fixture.key('operator', 'org-alder')]);
  });
  afterAll(() => fixture.close());

  const file = async (path: string, key = operator) => {
    const answer = await fixture.call(key, 'GET', `${ORG}/${path}`);
    if (answer.status !== 200) throw new Error(`${path}: ${String(answer.status)} ${answer.body}`);
    return answer;
  };
  const rows = async (path: string) =>
    parse<Record<string, string>>((await file(path)).body, { columns: true, record_delimiter: '\r\n', bom: true });
  const openCursors = async (): Promise<number> => {
    const [found] = await fixture.db.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'mistwatch-api'
         and (state like 'idle in transaction%' or (query like 'fetch%' and state = 'active'))`,
    );
    return found?.count ?? 0;
  };

  it('tells every kind of row, and runs no formula', async () => {
    const [hour] = await rows('circuit-hours');
    expect(hour).toMatchObject({
      hour: '2026-03-01T11:00:00Z',
      circuit_name: 'Circuit alder',
      rx_bytes: '1000',
      up_minutes: '60.0000',
    });
    expect(hour?.['site_name']).toBe(`'${HOSTILE}`);
    expect(await rows('circuits')).toMatchObject([{ circuit_id: 'mac-alder:ge-0/0/0', disabled: 'false', state: 'up' }]);
    expect(await rows('alerts?to=2026-03-02T00:00:00Z')).toMatchObject([{ rule: 'site-down', severity: 'critical' }]);
    expect(await rows('incidents?site=site-alder&to=2026-03-02T00:00:00Z')).toMatchObject([
      { title: 'Incident alder', alerts: '1' },
    ]);
    expect(await rows('deliveries?to=2026-03-02T00:00:00Z')).toMatchObject([{ status: 'dead', title: 'Incident alder' }]);
    expect((await file('deliveries?to=2026-03-02T00:00:00Z')).body).not.toContain('secret-link');
  });

  it('writes a spreadsheet that another program reads', async () => {
    const response = await fixture.api.app.inject({
      url: `${ORG}/circuit-hours?format=xlsx`,
      headers: { authorization: `Bearer ${viewer}` },
    });
    const [sheet] = await readWorkbook(response.rawPayload);
    const [head, row] = sheet?.data ?? [];
    expect(head?.slice(0, 2)).toEqual(['hour', 'circuit_id']);
    // A spreadsheet counts days: an instant comes back to within its rounding.
    expect(Math.round(Number(row?.[0]) / 1000) * 1000).toBe(Date.UTC(2026, 2, 1, 11));
    expect(row?.[1]).toBe('mac-alder:ge-0/0/0');
  });

  it('narrows to a circuit, a site, a region and a time', async () => {
    for (const found of ['circuit=mac-alder:ge-0/0/0', 'site=site-alder', 'from=2026-03-01T11:00:00Z&to=2026-03-01T12:00:00Z'])
      expect(await rows(`circuit-hours?${found}`)).toHaveLength(1);
    for (const none of ['region=nowhere', 'provider=nobody', 'to=2026-03-01T11:00:00Z'])
      expect(await rows(`circuit-hours?${none}`)).toEqual([]);
    expect(await rows('circuits?region=Region%20alder&circuit=mac-alder:ge-0/0/0')).toHaveLength(1);
    expect(await rows('outages?bom=true&region=nowhere')).toEqual([]);
  });

  it('tells the outages of sites that were removed', async () => {
    const { orgId } = await seedTagged(fixture.db, 'cedar');
    await fixture.db.query(`update circuit_state set state = 'down' where org_id = $1`, [orgId]);
    const outages = async (filter: string) => {
      const key = await fixture.key('viewer', 'org-cedar');
      return (await fixture.call(key, 'GET', `/v1/orgs/org-cedar/exports/outages?format=ndjson${filter}`)).body;
    };
    const before = await outages('');
    expect(JSON.parse(before)).toMatchObject({ circuit_name: 'Circuit cedar', site_id: 'site-cedar', region: 'Region cedar' });
    await fixture.db.query('update site set removed_at = $2 where org_id = $1', [orgId, new Date(NOW)]);
    for (const filter of ['', '&site=site-cedar', '&region=Region%20cedar', '&circuit=mac-cedar:ge-0/0/0'])
      expect([filter, await outages(filter)]).toEqual([filter, before]);
    expect(await outages('&provider=nobody')).toBe('');
  });

  it.each([
    ['nothing', 404],
    ['circuits?format=pdf', 400],
    ['circuits?from=2026-03-01T00:00:00Z', 400],
    ['circuit-hours?site=site-birch', 400],
    ['circuit-hours?circuit=mac-birch:ge-0/0/0', 400],
    ['audit?site=site-alder', 400],
    ['circuit-hours?by=flaps', 400],
    ['rankings', 400],
    ['circuit-hours?from=2026-03-02T00:00:00Z', 400],
  ])('refuses %s with %i', async (path, status) => {
    const answer = await fixture.call(operator, 'GET', `${ORG}/${path}`);
    expect([answer.status, answer.type]).toEqual([status, expect.stringContaining('application/problem+json')]);
  });

  it('keeps the audit log from viewers, and everything from others', async () => {
    expect((await fixture.call(viewer, 'GET', `${ORG}/audit`)).status).toBe(403);
    expect((await fixture.call(viewer, 'GET', '/v1/orgs/org-birch/exports/circuits')).status).toBe(404);
    expect((await fixture.call(null, 'GET', `${ORG}/circuits`)).status).toBe(401);
  });

  describe('of many rows', () => {
    let url: string;
    beforeAll(async () => {
      await seedMany(fixture);
      url = `${await fixture.api.listen(0, '127.0.0.1')}${ORG}/circuit-hours`;
    });

    it.each(['identity', 'gzip'])('come whole (%s)', async (encoding) => {
      const { response, ended } = await open(url, viewer, encoding);
      const plain = encoding === 'gzip' ? response.pipe(createGunzip()) : response;
      let lines = 0;
      for await (const chunk of plain as AsyncIterable<Buffer>) for (const byte of chunk) if (byte === NEW_LINE) lines++;
      expect(await ended).toBe('whole');
      // The head, the row that is there anyway, whose site has a name of two lines, and one of each circuit.
      expect(lines).toBe(1 + 2 + MANY * 2);
      await waitFor(async () => (await openCursors()) === 0);
    });

    it.each(['identity', 'gzip'])('close their cursor when the client goes away (%s)', async (encoding) => {
      const { response } = await open(url, viewer, encoding);
      await waitFor(async () => (await openCursors()) === 1);

      response.destroy();
      await waitFor(async () => (await openCursors()) === 0);
    });

    it.each(['identity', 'gzip'])('end abnormally when Postgres fails in the middle (%s)', async (encoding) => {
      const { response, ended } = await open(url, viewer, encoding);
      await waitFor(async () => (await openCursors()) === 1);
      await fixture.db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'fetch%'`,
      );
      response.resume();
      expect(await ended).toBe('broken');
    });

    it('break off when their key is revoked', async () => {
      const mine = await fixture.key('viewer', 'org-alder');
      const { response, ended } = await open(url, mine, 'identity');
      await waitFor(async () => (await openCursors()) === 1);
      const [, id = ''] = mine.split('_');
      const orgs = await fixture.db.query<{ id: number }>(`select id from org where external_id = 'org-alder'`);
      await revokeApiKey(fixture.db, { id, orgIds: orgs.map((org) => org.id), now: new Date(NOW), actor: 'test' });
      await waitFor(async () => (await openCursors()) === 0);
      response.resume();
      expect(await ended).toBe('broken');
    });

    it('run once for each key and three at a time, and the next is told to wait', async () => {
      const keys = await Promise.all([1, 2, 3].map(() => fixture.key('viewer', 'org-alder')));
      const opened = await Promise.all(keys.map((key) => open(url, key, 'identity')));
      for (const [key = viewer, why] of [
        [keys[0], 'You have 1 of 1 exports running'],
        [viewer, '3 exports are running'],
      ] as const) {
        const refused = await fixture.call(key, 'GET', `${ORG}/failovers`);
        expect([refused.status, refused.headers['retry-after'], refused.body]).toEqual([429, '15', expect.stringContaining(why)]);
      }
      for (const { response } of opened) response.destroy();
      await waitFor(async () => (await fixture.call(viewer, 'GET', `${ORG}/failovers`)).status === 200);
    });

    it('give their places back when the client does not wait for the first row', async () => {
      for (let i = 0; i < 6; i++) {
        const asked = get(url, { headers: { authorization: `Bearer ${viewer}` } }).on('error', () => undefined);
        await new Promise((resolve) => asked.once('finish', resolve));
        if (i % 2 === 1) await waitFor(async () => (await openCursors()) > 0);
        asked.destroy();
      }
      await waitFor(async () => (await openCursors()) === 0);
      await waitFor(async () => (await fixture.call(viewer, 'GET', `${ORG}/failovers`)).status === 200);
    });

    it.each(['csv', 'xlsx'])('are not read for a HEAD (%s)', async (format) => {
      const locked = await fixture.db.pool.connect();
      try {
        // Whoever declares a cursor of this table, or reads it, waits now.
        await locked.query('begin; lock table circuit_hour in access exclusive mode');
        const response = await fetch(`${url}?format=${format}`, {
          method: 'HEAD',
          headers: { authorization: `Bearer ${viewer}` },
        });
        expect([response.status, response.headers.get('content-length')]).toEqual([200, null]);
        expect(response.headers.get('content-disposition')).toContain(`.${format}"`);
        expect(
          await fixture.db.query(
            `select query from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          ),
        ).toEqual([]);
      } finally {
        await locked.query('rollback');
        locked.release();
      }
    });
  });
});
