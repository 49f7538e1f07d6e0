import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
}, 60_000);
afterEach(() => rig.stop(), 30_000);

const subjects = (): string[] => rig.sink.mails.map((mail) => mail.subject ?? '');

describe('a site that is down', () => {
  const circuitDown = (site: number) =>
    rig.alert('circuit-down', site, { severity: 'major', subject: 'circuit:9', details: { circuitName: 'alpha:ge-0/0/0' } });
  const orders: [string, (site: number) => Promise<void>][] = [
    [
      'circuit first',
      async (site) =>
        void (
          await circuitDown(site),
          await rig.alert('sle', site),
          await rig.alert('site-down', site, { details: { cause: 'no-circuit-up' } })
        ),
    ],
    [
      'site first',
      async (site) =>
        void (
          await rig.alert('site-down', site, { details: { cause: 'no-circuit-up' } }),
          await rig.alert('sle', site),
          await circuitDown(site)
        ),
    ],
  ];
  it.each(orders)(
    'speaks for its circuits and service levels, %s',
    async (_, happen) => {
      const { dispatch } = await rig.notifier();
      const site = await rig.site('Alpha');
      await happen(site);
      await dispatch.sendDue();
      rig.clock.advance(31 * SECOND);
      await dispatch.sendDue();
      rig.clock.advance(10 * MINUTE);
      await dispatch.sendDue();
      expect(subjects()).toEqual(['[CRITICAL] Alpha: site down']);
      expect(rig.sink.mails[0]?.text).toContain('Circuit alpha:ge-0/0/0 down (because the site is down)');
    },
    60_000,
  );

  it('holds the circuit back while the site may be down, and tells it when the site is not', async () => {
    const { dispatch } = await rig.notifier();
    const site = await rig.site('Alpha');
    await circuitDown(site);
    const pending = await rig.alert('site-down', site, { status: 'pending' });
    await dispatch.sendDue();
    rig.clock.advance(31 * SECOND);
    await dispatch.sendDue();
    expect(rig.sink.mails).toHaveLength(0);
    await rig.database.query(`update alert set status = 'resolved', resolved_at = $2 where id = $1`, [
      pending,
      new Date(rig.clock.now()),
    ]);
    rig.clock.advance(31 * SECOND);
    await dispatch.sendDue();
    expect(subjects()).toEqual(['[MAJOR] Alpha: circuit alpha:ge-0/0/0 down']);
  }, 60_000);

  it('tells what is still true some minutes after it came back', async () => {
    const { dispatch } = await rig.notifier();
    const site = await rig.site('Alpha');
    const down = await rig.alert('site-down', site);
    await circuitDown(site);
    await dispatch.sendDue();
    rig.clock.advance(31 * SECOND);
    await dispatch.sendDue();
    await rig.change(down, { status: 'resolved' });
    await dispatch.sendDue();
    rig.clock.advance(4 * MINUTE);
    await dispatch.sendDue();
    expect(subjects()).toEqual(['[CRITICAL] Alpha: site down']);
    rig.clock.advance(90 * SECOND);
    await dispatch.sendDue();
    expect(subjects()).toEqual(['[CRITICAL] Alpha: site down', '[MAJOR] Alpha: circuit alpha:ge-0/0/0 down']);
  }, 60_000);
});

describe('a failover', () => {
  const failover = (site: number, circuitId: number) =>
    rig.alert('failover', site, {
      severity: 'major',
      subject: `circuit:${circuitId}`,
      circuitId,
      details: { circuitName: 'main', backupName: 'spare' },
    });

  it('of a circuit that people know is down brings no mail of its own, and is in the next one', async () => {
    const { dispatch } = await rig.notifier();
    const site = await rig.site('Alpha');
    const [main, spare] = [await rig.circuit(site, null), await rig.circuit(site, null)];
    const down = await rig.circuitDown(site, main);
    await rig.pass(dispatch, MINUTE);
    const moved = await failover(site, main);
    await rig.pass(dispatch, 10 * MINUTE);
    expect(subjects()).toEqual([`[MAJOR] Alpha: circuit circuit ${main} down`]);
    // What is bad beside it is news, and tells the rest.
    const other = await rig.alert('quality', site, { severity: 'major', subject: `circuit:${spare}`, circuitId: spare });
    await rig.pass(dispatch, MINUTE);
    expect(rig.sink.mails).toHaveLength(2);
    expect(rig.sink.mails[1]?.text).toContain('spare');
    for (const alert of [down, moved, other]) await rig.change(alert, { status: 'resolved' });
    await rig.pass(dispatch, MINUTE);
    expect(subjects().slice(2)).toEqual([expect.stringContaining('RECOVERED')]);
  }, 60_000);

  it('that begins after the circuit is back has another reason, and is told', async () => {
    const { dispatch } = await rig.notifier();
    const site = await rig.site('Alpha');
    const [main, spare] = [await rig.circuit(site, null), await rig.circuit(site, null)];
    const down = await rig.circuitDown(site, main);
    await rig.alert('quality', site, { severity: 'major', subject: `circuit:${spare}`, circuitId: spare });
    await rig.pass(dispatch, MINUTE);
    await rig.change(down, { status: 'resolved' });
    await rig.pass(dispatch, 30 * MINUTE);
    expect(rig.sink.mails).toHaveLength(1);
    await failover(site, main);
    await rig.pass(dispatch, 10 * MINUTE);
    expect(rig.sink.mails).toHaveLength(2);
  }, 60_000);

  it('of a circuit that is not down is told', async () => {
    const { dispatch } = await rig.notifier();
    const site = await rig.site('Alpha');
    await rig.circuitDown(site, await rig.circuit(site, null));
    await rig.pass(dispatch, MINUTE);
    await failover(site, await rig.circuit(site, null));
    await rig.pass(dispatch, 10 * MINUTE);
    expect(rig.sink.mails).toHaveLength(2);
  }, 60_000);
});

describe('a flapping circuit', () => {
  it('is told once, and its recovery once', async () => {
    const { dispatch } = await rig.notifier();
    const alert = await rig.alert('circuit-down', await rig.site('Alpha'), {
      severity: 'major',
      details: { circuitName: 'alpha:ge-0/0/0' },
    });
    await dispatch.sendDue();
    rig.clock.advance(MINUTE);
    await dispatch.sendDue();
    rig.clock.advance(MINUTE);
    await rig.startFlapping(alert);
    for (let minute = 0; minute < 60; minute += 1) {
      await dispatch.sendDue();
      rig.clock.advance(MINUTE);
    }
    await rig.change(alert, { status: 'resolved' });
    await dispatch.sendDue();
    expect(subjects()).toEqual([
      '[MAJOR] Alpha: circuit alpha:ge-0/0/0 down',
      '[MAJOR] Alpha: circuit alpha:ge-0/0/0 flapping',
      '[RECOVERED] Alpha: circuit alpha:ge-0/0/0 down',
    ]);
  }, 60_000);
});

describe('many sites falling at once', () => {
  it('give one notice, whatever falls first, and one recovery', async () => {
    const { dispatch } = await rig.notifier();
    const alerts: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      const site = await rig.site(`Store ${i}`);
      alerts.push(
        await rig.alert('circuit-down', site, {
          severity: 'major',
          subject: `circuit:${i}`,
          details: { circuitName: `store-${i}:ge-0/0/0` },
        }),
      );
      alerts.push(await rig.alert('site-down', site), await rig.alert('sle', site));
      if (i % 10 === 1) await dispatch.sendDue();
    }
    for (let second = 0; second < 60; second += 10) {
      rig.clock.advance(10 * SECOND);
      await dispatch.sendDue();
    }
    expect(subjects()).toEqual(['[CRITICAL] Whole organization: 40 sites down']);
    const told = rig.sink.mails.length;
    for (const alert of alerts) await rig.change(alert, { status: 'resolved' });
    for (let minute = 0; minute < 10; minute += 1) {
      await dispatch.sendDue();
      rig.clock.advance(MINUTE);
    }
    expect(subjects().slice(told)).toEqual(['[RECOVERED] Whole organization: 40 sites down']);
  }, 60_000);
});
