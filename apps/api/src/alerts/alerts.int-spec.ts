import type { AlertState } from '@app/domain';
import { JobPublisher } from '@app/shared';
import { NOW, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const MINUTE_MS = 60_000;

describe('taking an alert', () => {
  let fixture: ApiFixture;
  let operator: string;
  let alertId: number;
  beforeEach(async () => {
    fixture = await startApi({ yaml: 'alerts: { circuitUpForSeconds: 600 }' });
    ({ alertId } = await seedTagged(fixture.db, 'alder'));
    operator = await fixture.key('operator', 'org-alder');
  });
  afterEach(() => fixture.close());

  const take = () => fixture.call(operator, 'POST', `/v1/orgs/org-alder/alerts/${String(alertId)}/ack`, {});

  it('waits for its end as long as the configuration says', async () => {
    const clearing: AlertState = {
      kind: 'clearing',
      observedAt: NOW,
      breached: false,
      flips: [NOW - MINUTE_MS, NOW],
      since: NOW - MINUTE_MS,
      severity: 'critical',
      firedAt: NOW - MINUTE_MS,
      acknowledgement: null,
      goodSince: NOW,
      good: 1,
    };
    await fixture.db.query(`update alert set rule = 'circuit-down', state = $2 where id = $1`, [
      alertId,
      JSON.stringify(clearing),
    ]);
    expect((await take()).status).toBe(200);
    const due = await fixture.db.query('select due_at from alert where id = $1', [alertId]);
    expect(due).toEqual([{ due_at: new Date(NOW + 10 * MINUTE_MS) }]);
  });

  it('succeeds also when the queue does not answer: the outbox holds the notice', async () => {
    await fixture.api.app.get(JobPublisher, { strict: false }).close();
    expect((await take()).status).toBe(200);
    expect(await fixture.db.query('select seq from outbox where alert_id = $1', [alertId])).toEqual([{ seq: 2 }]);
  });
});
