import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { askedAt, findReportRun, JobPublisher, requestReportRun } from '@app/shared';
import { waitFor } from '@app/testing';
import { Rig } from '../rig.spec-support.js';

const TO = 'email:boss@example.com';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
}, 30_000);
afterAll(() => rig.stop(), 30_000);

it('makes reports while a mail server does not answer, and counts a mail before it is sent', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const email = {
    smtpUrl: `smtp://127.0.0.1:${String((silent.address() as AddressInfo).port)}`,
    from: 'mistwatch@example.com',
    to: ['boss@example.com'],
  };
  const schedule = {
    id: 'monthly',
    kind: 'summary',
    formats: ['text'],
    at: '00:00',
    timezone: 'UTC',
    on: [15],
    to: ['boss@example.com'],
  };
  const { app } = await rig.notifier([], { email, reports: { schedules: [schedule] } }, ['report']);
  const publisher = app.get(JobPublisher);
  const times = { minute: 0, timezone: 'UTC', on: { monthDays: [15] } };
  const asked = askedAt({ id: 'monthly', kind: 'summary', formats: ['text'], times, to: [TO] }, rig.clock.now(), 'UTC');
  const made = async (): Promise<number> => {
    const order = { schedule: 'monthly', dueAt: rig.clock.now(), askedBy: 'key:test', asked };
    const id = (await requestReportRun(rig.database, rig.orgId, order, rig.clock.now())) ?? 0;
    await waitFor(
      async () => {
        await publisher.publish('send-reports', {});
        return (await findReportRun(rig.database, rig.orgId, id))?.status === 'made';
      },
      { describe: 'a report that is made' },
    );
    return id;
  };

  const first = await made();
  await publisher.publish('mail-reports', {});
  await waitFor(() => sockets.length > 0, { describe: 'a connection to the mail server' });
  await made();
  expect(await rig.database.query('select attempts, unanswered, status from report_mail where run_id = $1', [first])).toEqual([
    { attempts: 1, unanswered: 1, status: 'due' },
  ]);

  silent.close();
  for (const socket of sockets) socket.destroy();
  await waitFor(async () => (await rig.database.query('select 1 from report_mail where unanswered > 0')).length === 0, {
    describe: 'attempts that are noted',
  });
});
