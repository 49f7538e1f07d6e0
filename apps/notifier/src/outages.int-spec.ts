import { addSilence } from '@app/shared';
import { startFakePagerDuty } from '@app/testing';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

type Dispatch = Awaited<ReturnType<Rig['notifier']>>['dispatch'];

const subjects = (): string[] => rig.sink.mails.map((mail) => mail.subject ?? '');

async function pass(dispatch: Dispatch, ms: number, everyMs = 10 * SECOND): Promise<void> {
  for (let passed = 0; passed < ms; passed += everyMs) {
    await dispatch.sendDue();
    rig.clock.advance(everyMs);
  }
  await dispatch.sendDue();
}

interface Store {
  readonly site: number;
  readonly circuits: readonly number[];
}

/** Sites with a circuit of each carrier, beside so many that nothing happens to. */
async function stores(count: number, providers: readonly (string | null)[], region: string | null = null): Promise<Store[]> {
  const all: Store[] = [];
  for (let i = 0; i < count; i += 1) {
    const site = await rig.site(`Store ${all.length} ${region ?? ''}`, region);
    const circuits: number[] = [];
    for (const provider of providers) circuits.push(await rig.circuit(site, provider));
    all.push({ site, circuits });
  }
  return all;
}

const downAt = ({ site, circuits }: Store, index = 0): Promise<number> => rig.circuitDown(site, circuits[index] ?? 0);

interface StoredIncident {
  readonly id: number;
  readonly groupKey: string;
  readonly cause: string | null;
  readonly isOpen: boolean;
  readonly foldedInto: number | null;
}
const incidents = (): Promise<StoredIncident[]> =>
  rig.database
    .query(`select id, group_key as "groupKey", concat_ws(' ', cause_kind, cause_name) as cause, resolved_at is null as "isOpen",
    folded_into as "foldedInto" from incident order by id`);

describe('an outage of a carrier', () => {
  it('is one incident, and one recovery, however its circuits fall', async () => {
    const { dispatch } = await rig.notifier();
    await stores(10, ['Metrowave']);
    const hit = await stores(6, ['Northlink', 'Metrowave']);
    const alerts: number[] = [];
    for (const store of [...hit].reverse()) {
      alerts.push(await downAt(store));
      await dispatch.sendDue();
      rig.clock.advance(2 * SECOND);
    }
    await pass(dispatch, MINUTE);
    expect(subjects()).toEqual(['[MAJOR] Carrier Northlink: circuits down at 6 sites']);
    for (const alert of alerts) {
      await rig.change(alert, { status: 'resolved' });
      await pass(dispatch, 20 * SECOND);
    }
    await pass(dispatch, 10 * MINUTE, MINUTE);
    expect(subjects().slice(1)).toEqual(['[RECOVERED] Carrier Northlink: circuits down at 6 sites']);
  }, 60_000);

  it('takes over what single sites were told before; their incidents end without a word and stay linked', async () => {
    const { dispatch } = await rig.notifier();
    await stores(10, ['Metrowave']);
    const [first, second, ...others] = await stores(5, ['Northlink', 'Metrowave']);
    if (first === undefined || second === undefined) throw new Error('There are stores.');
    const alerts = [await downAt(first), await downAt(second)];
    await pass(dispatch, MINUTE);
    expect(subjects()).toHaveLength(2);
    for (const store of others) alerts.push(await downAt(store));
    await pass(dispatch, MINUTE);
    expect(subjects().slice(2)).toEqual(['[MAJOR] Carrier Northlink: circuits down at 5 sites']);
    const [outage] = (await incidents()).filter(({ isOpen }) => isOpen);
    expect(outage?.cause).toBe('carrier Northlink');
    expect((await incidents()).filter(({ isOpen }) => !isOpen).map(({ foldedInto }) => foldedInto)).toEqual(
      Array.from({ length: 5 }, () => outage?.id),
    );
    for (const alert of alerts) await rig.change(alert, { status: 'resolved' });
    await pass(dispatch, 10 * MINUTE, MINUTE);
    expect(subjects().slice(3)).toEqual(['[RECOVERED] Carrier Northlink: circuits down at 5 sites']);
  }, 60_000);

  it('that is silenced keeps back what single sites were to be told while the mail server was away', async () => {
    const { dispatch } = await rig.notifier();
    await stores(10, ['Metrowave']);
    const [first, second, ...others] = await stores(5, ['Northlink', 'Metrowave']);
    if (first === undefined || second === undefined) throw new Error('There are stores.');
    rig.sink.setFault('refuse');
    await downAt(first);
    await downAt(second);
    await pass(dispatch, MINUTE);
    for (const store of others) await downAt(store);
    await pass(dispatch, MINUTE);
    expect((await incidents()).filter(({ foldedInto }) => foldedInto !== null).length).toBeGreaterThan(1);
    const now = rig.clock.now();
    const fields = { matcher: {}, reason: 'Known', owner: 'desk', from: now, to: now + 60 * MINUTE };
    await addSilence(rig.database, rig.orgId, fields, { at: new Date(now), actor: 'key:1' });
    rig.sink.setFault(null);
    await pass(dispatch, 59 * MINUTE, MINUTE);
    expect(subjects()).toEqual([]);
    await pass(dispatch, 5 * MINUTE, MINUTE);
    expect(subjects()).toEqual(['[MAJOR] Carrier Northlink: circuits down at 5 sites']);
  }, 60_000);

  it('says once that it is wider', async () => {
    const { dispatch } = await rig.notifier();
    const north = await stores(5, ['Northlink']);
    const south = await stores(7, ['Metrowave']);
    for (const store of north.slice(0, 4)) await downAt(store);
    await pass(dispatch, MINUTE);
    expect(subjects()).toEqual(['[MAJOR] Carrier Northlink: circuits down at 4 sites']);
    for (const store of south) {
      await downAt(store);
      await pass(dispatch, 5 * SECOND, SECOND);
    }
    await pass(dispatch, 4 * MINUTE);
    expect(subjects().slice(1)).toEqual([expect.stringMatching(/^\[MAJOR\] Whole organization: circuits down at \d+ sites$/)]);
    await pass(dispatch, 10 * MINUTE, MINUTE);
    expect(subjects().slice(2)).toEqual(['[MAJOR] Whole organization: circuits down at 11 sites']);
  }, 60_000);

  it('leaves alone a circuit that was down long before, and what falls long after at other carriers', async () => {
    const { dispatch } = await rig.notifier();
    await stores(10, ['Metrowave']);
    const hit = await stores(5, ['Northlink', 'Metrowave']);
    const [old, ...others] = hit;
    if (old === undefined) throw new Error('There are stores.');
    await downAt(old, 1);
    await pass(dispatch, 20 * MINUTE, MINUTE);
    for (const store of [old, ...others]) await downAt(store);
    await pass(dispatch, 20 * MINUTE, MINUTE);
    const [late] = await stores(1, ['Thirdnet']);
    if (late !== undefined) await downAt(late);
    await pass(dispatch, MINUTE);
    expect((await incidents()).filter(({ isOpen }) => isOpen).map(({ cause }) => cause)).toEqual(['', 'carrier Northlink', '']);
    expect(subjects()).toHaveLength(3);
  }, 60_000);
});

describe('an outage of a region', () => {
  it('is told as such when its sites are down by several carriers', async () => {
    const { dispatch } = await rig.notifier();
    await stores(20, ['Northlink'], 'South');
    const hit = [...(await stores(2, ['Northlink'], 'North')), ...(await stores(2, ['Metrowave'], 'North'))];
    for (const store of hit) {
      await rig.alert('site-down', store.site);
      await downAt(store);
    }
    await pass(dispatch, MINUTE);
    expect(subjects()).toEqual(['[CRITICAL] Region North: 4 sites down']);
  }, 60_000);
});

describe('groups of the configuration', () => {
  it('keep the alerts of a rule together, apart from outages', async () => {
    const { dispatch } = await rig.notifier(undefined, {
      alerts: { groupBy: { 'circuit-down': 'provider', quality: 'region' } },
    });
    const south = await stores(2, ['Northlink', 'Metrowave'], 'South');
    const north = await stores(2, ['Northlink'], 'North');
    for (const store of [...south, ...north]) await downAt(store);
    for (const store of south) await downAt(store, 1);
    for (const { site } of north) await rig.alert('quality', site, { severity: 'major' });
    await pass(dispatch, MINUTE);
    expect((await incidents()).map(({ groupKey }) => groupKey).sort()).toEqual([
      'wan:provider:Metrowave',
      'wan:provider:Northlink',
      'wan:region:North',
    ]);
    expect(subjects()).toHaveLength(3);
  }, 60_000);
});

describe('two notifiers at once', () => {
  it('fold into one outage, tell it once and its end once', async () => {
    const [one, two] = [await rig.notifier(), await rig.notifier()];
    await stores(20, ['Metrowave']);
    const alerts: number[] = [];
    for (const store of await stores(12, ['Northlink'])) {
      alerts.push(await downAt(store));
      await Promise.all([one.dispatch.sendDue(), two.dispatch.sendDue()]);
      rig.clock.advance(SECOND);
    }
    for (let i = 0; i < 6; i += 1) {
      await Promise.all([one.dispatch.sendDue(), two.dispatch.sendDue()]);
      rig.clock.advance(10 * SECOND);
    }
    for (const alert of alerts) {
      await rig.change(alert, { status: 'resolved' });
      await Promise.all([one.dispatch.sendDue(), two.dispatch.sendDue()]);
    }
    await Promise.all([one.dispatch.sendDue(), two.dispatch.sendDue()]);
    expect(subjects()).toEqual([
      '[MAJOR] Carrier Northlink: circuits down at 12 sites',
      '[RECOVERED] Carrier Northlink: circuits down at 12 sites',
    ]);
  }, 60_000);
});

describe('members that flap at the end', () => {
  it('delay the one recovery notice, and give no second one', async () => {
    const { dispatch } = await rig.notifier();
    await stores(20, ['Metrowave']);
    const hit = await stores(6, ['Northlink']);
    const alerts: number[] = [];
    for (const store of hit) alerts.push(await downAt(store));
    await pass(dispatch, MINUTE);
    for (const [i, alert] of alerts.entries()) {
      await rig.change(alert, { status: 'resolved' });
      const store = hit[i];
      if (i < 3 && store !== undefined) alerts.push(await downAt(store));
      await pass(dispatch, 20 * SECOND);
    }
    for (const alert of alerts.slice(6)) await rig.change(alert, { status: 'resolved' });
    await pass(dispatch, 10 * MINUTE, MINUTE);
    expect(subjects().filter((subject) => subject.startsWith('[RECOVERED]'))).toHaveLength(1);
  }, 60_000);
});

describe('pages of single sites', () => {
  it('end when their sites go on in an outage, which has a page of its own', async () => {
    const duty = await startFakePagerDuty();
    try {
      const { eventsUrl, routingKey } = duty;
      const channels = [{ id: 'duty', type: 'pagerduty', routingKey, eventsUrl, allowPrivate: true }];
      const { dispatch } = await rig.notifier(['noc@example.com'], { channels });
      await stores(10, ['Metrowave']);
      const [first, ...others] = await stores(5, ['Northlink']);
      if (first === undefined) throw new Error('There are stores.');
      const alerts = [await downAt(first)];
      await pass(dispatch, MINUTE);
      for (const store of others) alerts.push(await downAt(store));
      await pass(dispatch, MINUTE);
      const statuses = () => [...duty.alerts.values()].map(({ status }) => status);
      expect(statuses()).toEqual(expect.arrayContaining(['resolved', 'triggered']));
      expect(statuses()).toHaveLength(2);
      expect(subjects().filter((subject) => subject.startsWith('[RECOVERED]'))).toEqual([]);
      for (const alert of alerts) await rig.change(alert, { status: 'resolved' });
      await pass(dispatch, 10 * MINUTE, MINUTE);
      expect(statuses()).toEqual(['resolved', 'resolved']);
    } finally {
      await duty.close();
    }
  }, 60_000);
});
