import { askedAt, findReportRun, readReport, reportsOfRun, requestReportRun, type AskedRun } from '@app/shared';
import { MINUTE, Rig } from '../rig.spec-support.js';
import { ScheduledReportsService } from './reports.service.js';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const BERLIN = { at: '02:30', timezone: 'Europe/Berlin' };
const DAILY = {
  id: 'daily',
  kind: 'executive',
  formats: ['json', 'text'],
  period: 'day',
  ...BERLIN,
  to: ['boss@example.com', 'person:anna'],
};
const NOWHERE = { ...DAILY, id: 'nowhere', at: '12:00', region: 'Nowhere', to: [], on: 'FREQ=DAILY;UNTIL=20260307T000000Z' };
const going = new AbortController().signal;
const PEOPLE = { anna: ['email:boss@example.com', 'email:anna@example.com'] };

let rig: Rig;
let reports: ScheduledReportsService;
beforeAll(async () => {
  rig = await Rig.start();
  reports = await notifier();
}, 30_000);
afterAll(() => rig.stop(), 30_000);

const notifier = async (
  schedules: readonly object[] = [DAILY, NOWHERE],
  people: object = PEOPLE,
): Promise<ScheduledReportsService> =>
  (await rig.notifier(['noc@example.com'], { people, reports: { schedules } })).app.get(ScheduledReportsService);

async function sweep(notifier: ScheduledReportsService): Promise<void> {
  await notifier.make(going);
  await notifier.mail(going);
}

/** Time passes, and the sweep runs after each step. */
async function pass(until: string, stepMs: number): Promise<void> {
  await sweep(reports);
  for (let now = rig.clock.now(); now < Date.parse(until); now = rig.clock.now()) {
    rig.clock.advance(Math.min(stepMs, Date.parse(until) - now));
    await sweep(reports);
  }
}

const subjects = (): string[] => rig.news().filter((line) => line.startsWith('boss@'));
const audited = (action: string) =>
  rig.database.query<{ subject: string; details: Record<string, unknown> }>(
    'select subject, details from audit where action = $1 order by id',
    [action],
  );
const runs = () =>
  rig.database.query<{ id: number; status: string; failure: string | null; attempts: number }>(
    `select id, status, failure, attempts from report_run where schedule = 'daily' order by id`,
  );

it('mails the day that is over to each reader once, with its files, at the time of the reader', async () => {
  await pass('2026-03-03T01:29:59Z', 6 * HOUR);
  expect(rig.news()).toEqual([]);
  await pass('2026-03-03T01:30:00Z', HOUR);
  await pass('2026-03-03T04:00:00Z', HOUR);
  expect(rig.news()).toEqual([
    'anna@example.com [Report] Executive overview: Example Retail, 2026-03-02',
    'boss@example.com [Report] Executive overview: Example Retail, 2026-03-02',
  ]);
  const [mail] = rig.sink.mails;
  expect(mail?.text).toContain('Made: 2026-03-03 02:30 Europe/Berlin');
  expect(mail?.attachments.map(({ filename, mimeType }) => [filename, mimeType])).toEqual([
    ['EXECUTIVE_REPORT_20260303T000000Z.txt', 'text/plain'],
    ['EXECUTIVE_REPORT_20260303T000000Z.json', 'application/json'],
  ]);
  const [run] = await runs();
  const files = await reportsOfRun(rig.database, rig.orgId, run?.id ?? 0);
  const kept = await readReport(rig.database, rig.orgId, files[0]?.id ?? 0);
  expect(Buffer.from(mail?.attachments[0]?.content as ArrayBuffer).equals(kept ?? Buffer.alloc(0))).toBe(true);
});

it('parks a report of a region that nobody knows, and says so', async () => {
  await pass('2026-03-03T11:00:00Z', 12 * HOUR);
  expect(await audited('report-parked')).toMatchObject([
    { subject: 'report-schedule:nowhere', details: { attempts: 1, reason: 'region: there is no region "Nowhere"' } },
  ]);
});

it('mails once a day over both changes of the clocks, with two notifiers', async () => {
  const other = await notifier([DAILY]);
  for (const [from, to, days] of [
    ['2026-03-27T12:00:00Z', '2026-03-30T12:00:00Z', ['2026-03-27', '2026-03-28', '2026-03-29']],
    ['2026-10-23T12:00:00Z', '2026-10-26T12:00:00Z', ['2026-10-23', '2026-10-24', '2026-10-25']],
  ] as const) {
    await rig.database.query(`update report_schedule set planned_until = $1`, [new Date(from)]);
    rig.clock.set(Date.parse(from));
    reports = await notifier([DAILY]);
    for (; rig.clock.now() < Date.parse(to); rig.clock.advance(HOUR)) await Promise.all([sweep(reports), sweep(other)]);
    expect(subjects()).toEqual(days.map((day) => `boss@example.com [Report] Executive overview: Example Retail, ${day}`));
  }
});

it('catches a missed time up once, if it is not older than a day', async () => {
  const missed = (await audited('report-missed')).length;
  rig.clock.advance(5 * DAY + 10 * HOUR);
  await sweep(reports);
  await sweep(reports);
  expect(subjects()).toEqual(['boss@example.com [Report] Executive overview: Example Retail, 2026-10-30']);
  expect((await audited('report-missed')).slice(missed)).toMatchObject([
    {
      subject: 'report-schedule:daily',
      details: { count: 4, first: '2026-10-27T01:30:00.000Z', last: '2026-10-30T01:30:00.000Z' },
    },
  ]);
});

it('tries again while the mail server is away, and links what became too large', async () => {
  rig.sink.setFault('451');
  await pass('2026-11-01T02:00:00Z', HOUR);
  expect(rig.news()).toEqual([]);
  await rig.database.query(`update report_file set bytes = 20000000 where format = 'json'`);
  rig.sink.setFault('drop-after-data');
  await pass('2026-11-01T03:00:00Z', 30 * MINUTE);
  const lost = rig.sink.mails.filter(({ subject }) => subject?.endsWith('2026-10-31') === true);
  rig.sink.setFault(null);
  await pass('2026-11-01T06:00:00Z', 30 * MINUTE);
  const mails = rig.sink.mails.filter(
    ({ subject, envelope }) => subject?.endsWith('2026-10-31') === true && envelope.to[0] === 'boss@example.com',
  );
  // Whose answer was lost comes again, under its own id.
  expect(lost.length).toBeGreaterThan(0);
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
  const mail = mails.at(-1);
  expect(mail?.attachments.map(({ filename }) => filename)).toEqual(['EXECUTIVE_REPORT_20261101T000000Z.txt']);
  expect(mail?.text).toMatch(
    / {2}EXECUTIVE_REPORT_20261101T000000Z.json \(20.0 MB\): https:\/\/mistwatch.example.com\/v1\/orgs\/org-1\/report-archive\/\d+/,
  );
  expect(await rig.database.query(`select 1 from report_mail where status <> 'sent'`)).toEqual([]);
});

it('tries again what cannot be read, and makes no file of a revision twice', async () => {
  const asked = askedAt(
    {
      id: 'daily',
      kind: 'executive',
      formats: ['text'],
      period: 'day',
      times: { minute: 150, timezone: 'UTC', on: { monthDays: [1] } },
      to: [],
    },
    rig.clock.now(),
    'UTC',
  );
  const files = () => rig.database.query<{ id: number }>('select id from report_file order by id');
  const before = await files();
  await rig.database.query('alter table circuit_day rename to circuit_day_away');
  const byHand = { schedule: 'daily', dueAt: rig.clock.now(), askedBy: 'key:test', asked };
  const id = (await requestReportRun(rig.database, rig.orgId, byHand, rig.clock.now())) ?? 0;
  await sweep(reports);
  expect(await findReportRun(rig.database, rig.orgId, id)).toMatchObject({
    status: 'due',
    attempts: 1,
    failure: expect.stringContaining('circuit_day') as string,
  });
  await rig.database.query('alter table circuit_day_away rename to circuit_day');
  rig.clock.advance(10_000);
  await sweep(reports);
  expect(await findReportRun(rig.database, rig.orgId, id)).toMatchObject({
    status: 'made',
    attempts: 2,
    failure: null,
    files: [expect.any(Number)],
  });
  expect(await files()).toEqual(before);
  expect(rig.news().filter((line) => line.includes('noc@'))).toEqual([]);
});

it('parks what ends its process each time, and mails a summary of now when somebody asks', async () => {
  const now = rig.clock.now();
  const times = { minute: 0, timezone: 'Asia/Kolkata', on: { monthDays: [1] } };
  const asked = askedAt({ id: 'now', kind: 'summary', formats: ['text'], times, to: ['email:boss@example.com'] }, now, 'UTC');
  const ask = (schedule: string) =>
    requestReportRun(rig.database, rig.orgId, { schedule, dueAt: now, askedBy: 'key:test', asked }, now);
  reports = await notifier([DAILY, ...['deadly', 'now'].map((id) => ({ ...DAILY, id, on: [15] }))]);
  const deadly = (await ask('deadly')) ?? 0;
  await rig.database.query(
    `update report_run set attempts = 8, claimed_by = gen_random_uuid(), claimed_until = $2 where id = $1`,
    [deadly, new Date(now)],
  );
  await ask('now');
  await sweep(reports);
  expect(await findReportRun(rig.database, rig.orgId, deadly)).toMatchObject({
    status: 'parked',
    failure: 'Each process that made it ended before it was done',
  });
  expect(subjects()).toEqual(['boss@example.com [Report] Summary report: Example Retail, 2026-11-01 11:30']);
  expect(rig.sink.mails.at(-1)?.attachments.map(({ filename }) => filename)).toEqual(['SUMMARY_REPORT_20261101T060010Z.txt']);
});

it('plans on when a clock that was ahead comes back, and says so', async () => {
  reports = await notifier([DAILY]);
  rig.clock.set('2026-12-01T00:00:00Z');
  await sweep(reports);
  rig.news();
  await pass('2026-12-01T02:00:00Z', HOUR);
  expect(subjects()).toEqual(['boss@example.com [Report] Executive overview: Example Retail, 2026-11-30']);
  rig.clock.advance(30 * DAY);
  rig.sink.setFault('451');
  await sweep(reports);
  rig.sink.setFault(null);
  rig.clock.set('2026-12-01T02:00:10Z');
  await sweep(reports);
  // What waited to be tried again then does not wait for that day.
  expect(subjects()).toHaveLength(1);
  await pass('2026-12-02T02:00:00Z', 6 * HOUR);
  reports = await notifier([DAILY]);
  await pass('2026-12-03T02:00:00Z', 6 * HOUR);
  expect(subjects().sort()).toEqual(
    ['2026-12-01', '2026-12-02'].map((day) => `boss@example.com [Report] Executive overview: Example Retail, ${day}`),
  );
  expect(await audited('report-clock-back')).toMatchObject([
    { subject: 'report-schedule:daily', details: { plannedUntil: '2026-12-31T02:00:00.000Z' } },
  ]);
});

it('plans on with a new configuration after a process with the old one was started and went away', async () => {
  rig.clock.set('2026-12-10T00:00:00Z');
  const later = { ...DAILY, at: '04:30' };
  for (const schedule of [DAILY, later, DAILY]) await sweep(await notifier([schedule]));
  rig.news();
  reports = await notifier([later]);
  await pass('2026-12-10T04:00:00Z', HOUR);
  expect(subjects()).toEqual(['boss@example.com [Report] Executive overview: Example Retail, 2026-12-09']);
});

it('withdraws what a schedule leaves that is taken out, and begins anew when it comes back', async () => {
  rig.clock.set('2026-12-14T02:00:00Z');
  rig.sink.setFault('451');
  reports = await notifier([DAILY]);
  await sweep(reports);
  await rig.database.query(`update report_schedule set planned_until = $1`, [new Date('2026-12-13T02:00:00Z')]);
  await sweep(await notifier([DAILY]));
  rig.sink.setFault(null);
  const asked = { schedule: 'daily', dueAt: rig.clock.now(), askedBy: 'key:test' };
  const [known] = await rig.database.query<{ asked: AskedRun }>('select asked from report_run order by id desc limit 1');
  if (known === undefined) throw new Error('There is no run.');
  const id = await requestReportRun(rig.database, rig.orgId, { ...asked, asked: known.asked }, rig.clock.now());
  rig.news();
  reports = await notifier([]);
  await pass('2026-12-14T08:00:00Z', HOUR);
  expect(rig.news()).toEqual([]);
  expect(await findReportRun(rig.database, rig.orgId, id ?? 0)).toMatchObject({ status: 'withdrawn', files: [] });
  expect((await audited('report-mail-withdrawn')).map(({ details }) => details['destination']).sort()).toEqual([
    'email:anna@example.com',
    'email:boss@example.com',
  ]);
  expect(await audited('report-withdrawn')).toMatchObject([{ subject: 'report-schedule:daily', details: { run: id } }]);
  const missed = (await audited('report-missed')).length;
  rig.clock.advance(90 * DAY);
  reports = await notifier([DAILY]);
  await sweep(reports);
  expect([rig.news(), (await audited('report-missed')).length]).toEqual([[], missed]);
});

it('sends nothing to a reader who was taken out, and gives up a mail whose senders end', async () => {
  rig.sink.setFault('451');
  await pass(new Date(rig.clock.now() + DAY).toISOString(), 12 * HOUR);
  rig.sink.setFault(null);
  rig.news();
  const only = { ...DAILY, to: ['person:anna'] };
  reports = await notifier([only], { anna: ['email:anna@example.com'] });
  // Each process that claimed it was killed.
  await rig.database.query(`update report_mail set unanswered = 4 where status = 'due' and destination like '%anna@%'`);
  await pass(new Date(rig.clock.now() + 3 * HOUR).toISOString(), HOUR);
  expect(rig.news()).toEqual([]);
  const ended = await rig.database.query(
    `select destination, status from report_mail where created_at > $1 and status <> 'sent' order by destination`,
    [new Date(rig.clock.now() - 2 * DAY)],
  );
  expect(ended).toEqual([
    { destination: 'email:anna@example.com', status: 'dead' },
    { destination: 'email:boss@example.com', status: 'withdrawn' },
  ]);
});

it('counts a claim at once, and stops between mails when it is told to', async () => {
  const stopped = AbortSignal.abort();
  await rig.database.query(
    `update report_mail set status = 'due', unanswered = 0, created_at = $1, due_at = $1 where destination like '%anna@%' and status = 'dead'`,
    [new Date(rig.clock.now())],
  );
  await reports.mail(stopped);
  expect(rig.news()).toEqual([]);
  const done = reports.mail(going);
  await reports.mail(going); // finds the other at it
  await done;
  expect(rig.news()).toHaveLength(1);
  expect(await rig.database.query(`select 1 from report_mail where unanswered > 0`)).toEqual([]);
});
