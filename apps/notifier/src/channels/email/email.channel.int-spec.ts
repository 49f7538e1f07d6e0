import { TransientError } from '@app/shared';
import { startSmtpSink, type SinkMail, type SmtpSink } from '@app/testing';
import { deliveryOf, describeChannel } from '../channel.contract.js';
import type { Channel } from '../channel.js';
import { HOSTILE_NAMES, hugeNotification, metricOf, notificationOf, siteOf } from '../notification.fixture.js';
import { emailChannel } from './email.channel.js';

const SMTP_FAULTS = { later: '451', forever: '550', 'answer-lost': 'drop-after-data' } as const;
let sink: SmtpSink;
let channel: Channel;
const open = async (): Promise<void> => {
  sink = await startSmtpSink();
  channel = emailChannel({
    smtpUrl: `smtp://someone:secret@127.0.0.1:${sink.port}`,
    from: 'mistwatch <mistwatch@example.com>',
    to: ['noc@example.com'],
    summaryReport: true,
  });
};
afterAll(async () => {
  await channel.close();
  await sink.close();
});

describeChannel('email', { faults: ['answer-lost'], taken: [] }, async () => {
  await open();
  return {
    channel,
    receiver: {
      destination: 'email:noc@example.com',
      received: () => sink.mails.map((mail) => mail.messageId ?? ''),
      refuse: (how) =>
        sink.setFault(how === null ? null : SMTP_FAULTS[how === 'answer-lost' || how === 'later' ? how : 'forever']),
    },
  };
});

async function sent(...[notification, delivery]: Parameters<Channel['send']>): Promise<SinkMail> {
  await channel.send(notification, delivery);
  const mail = sink.mails.at(-1);
  if (mail === undefined) throw new Error('no mail arrived');
  return mail;
}

/** Properties of RFC 5322 and 2045 that any receiver may insist on. */
function expectStrict(raw: string): void {
  expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(raw).not.toMatch(/[^\t\n\r -~]/);
  for (const line of raw.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]/g, ' ');
  const names = head.split('\r\n').map((line) => /^([!-9;-~]+): /.exec(line)?.[1]?.toLowerCase());
  expect(names).not.toContain(undefined);
  for (const name of ['from', 'to', 'subject', 'date', 'message-id', 'mime-version'])
    expect(names.filter((found) => found === name)).toEqual([name]);
  expect(names).not.toContain('bcc');
  expect(head).toMatch(/\bDate: \w{3}, \d{1,2} \w{3} 2026 12:14:00 \+0000/);
  expect(head).toMatch(/Message-ID: <[^<>@\s]+@[^<>@\s]+>/);
}

describe('a mail', () => {
  it('has what a mail must have, in plain ASCII with short lines', async () => {
    const mail = await sent(
      notificationOf(),
      deliveryOf({ report: { fileName: 'SUMMARY_REPORT_20260302T121400Z.txt', text: 'SUMMARY REPORT – Größe\n' } }),
    );
    expectStrict(mail.raw);
    expect(mail.subject).toBe('[CRITICAL] Alpha: service levels critical');
    expect(mail.envelope).toEqual({ from: 'mistwatch@example.com', to: ['noc@example.com'] });
    expect(mail.attachments.map(({ filename, mimeType }) => ({ filename, mimeType }))).toEqual([
      { filename: 'SUMMARY_REPORT_20260302T121400Z.txt', mimeType: 'text/plain' },
    ]);
    expect(mail.text).toContain('DHCP Nack: 25.0% degraded, users=30, aps=4');
    expect(mail.html).toContain('25.0% degraded, users=30, aps=4');
    expect(mail.html).toContain('prefers-color-scheme:dark');
  });

  it.each(HOSTILE_NAMES.map((hostile, i) => [i, hostile] as const))(
    'stays well-formed with hostile name %i',
    async (_, hostile) => {
      const mail = await sent(
        notificationOf({
          title: hostile,
          orgName: hostile,
          sites: [siteOf(hostile, { what: [hostile] }), siteOf('Beta')],
          metrics: [metricOf(hostile, [hostile], [hostile])],
        }),
        deliveryOf(),
      );
      expectStrict(mail.raw);
      expect(mail.headers.filter(({ key }) => key === 'bcc')).toEqual([]);
      expect(mail.html).not.toMatch(/<(script|img)|<[^>]*\son\w+=/i);
      expect(mail.html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    },
  );

  it('says first how to take it and what to do, while there is something to take', async () => {
    const mail = await sent(notificationOf(), deliveryOf());
    expect(mail.text).toContain(
      'Acknowledge: https://mistwatch.example.com/ack/example-link\nRunbook: https://wiki.example.com/runbooks/service-levels?from=mail&lang=en\n',
    );
    expect(mail.html).toContain('<a href="https://mistwatch.example.com/ack/example-link">Acknowledge</a>');
    const over = await sent(notificationOf({ reason: 'recovered', step: 2 }), deliveryOf({ step: 2 }));
    expect(over.html).not.toContain('Acknowledge');
    expect(over.text).toContain('Runbook: ');
  });

  it('keeps letters of all scripts', async () => {
    const mail = await sent(notificationOf({ sites: [siteOf('Café 東京 🏪 متجر')] }), deliveryOf());
    expect(mail.text).toContain('Café 東京 🏪 متجر');
    expect(mail.html).toContain('<bdi>Café 東京 🏪 متجر</bdi>');
  });

  it.each([
    ['plain names', undefined],
    ['names of emoji', (i: number) => `${i} ${'👾'.repeat(300)}`],
    ['names of ten kilobytes', (i: number) => `${i} ${'&<é'.repeat(3_500)}`],
  ])('of 3,208 sites stays within its size: %s', async (_, nameOf) => {
    const report = { fileName: 'SUMMARY_REPORT_20260302T121400Z.txt', text: `${'é'.repeat(69)}\n`.repeat(3_500) };
    const mail = await sent(hugeNotification(nameOf), deliveryOf({ report }));
    expectStrict(mail.raw);
    expect(Buffer.byteLength(mail.text ?? '') + Buffer.byteLength(mail.html ?? '')).toBeLessThan(100_000);
    const bodies = mail.raw.slice(0, mail.raw.indexOf('Content-Disposition: attachment'));
    expect(bodies.length).toBeLessThan(100_000);
    expect(mail.raw.length).toBeLessThan(1_000_000);
    expect(mail.text).toContain('more: see the links below');
  });

  it('takes a name with a comma for one person', async () => {
    const mail = await sent(notificationOf(), deliveryOf({ destination: 'email:Example, Jane <jane@example.com>' }));
    expect(mail.envelope.to).toEqual(['jane@example.com']);
    expect(mail.to).toEqual([{ name: 'Example, Jane', address: 'jane@example.com' }]);
  });

  it('waits when no mail server answers', async () => {
    const strange = emailChannel({
      smtpUrl: 'smtp://127.0.0.1:1',
      from: 'a@example.com',
      to: ['b@example.com'],
      summaryReport: false,
    });
    await expect(strange.send(notificationOf(), deliveryOf())).rejects.toBeInstanceOf(TransientError);
    await strange.close();
  });
});
