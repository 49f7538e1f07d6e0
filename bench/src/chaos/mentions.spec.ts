import { chatHeard, mailHeard, requestHeard } from './mentions.js';

const mail = (subject: string, text: string): string =>
  `From: mistwatch@example.com\r\nTo: noc@example.com\r\nMessage-ID: <incident-1-2-abc.1.def@example.com>\r\nSubject: ${subject}\r\n\r\n${text}\r\n`;
const id = 'incident-1-2-abc.1.def@example.com';
const place = 'email:noc@example.com';

describe('what a notice says', () => {
  it.each<[string, string, object[]]>([
    ['[CRITICAL] Site-00012: site down', '', [{ site: 'Site-00012', phase: 'told' }]],
    ['[RECOVERED] Site-00012: site down', '', [{ site: 'Site-00012', phase: 'over' }]],
    [
      '[MAJOR] Digest of 2 incidents: 1 open, 1 over',
      '* [MAJOR] Site-00001: site down (new), since 2026\n    Site-00001: no circuit\n* [OK] Site-00002: site down (new), since 2026',
      [
        { site: 'Site-00001', phase: 'told' },
        { site: 'Site-00002', phase: 'over' },
      ],
    ],
  ])('mail: %s', async (subject, text, mentions) => {
    expect(await mailHeard(mail(subject, text), 'noc@example.com')).toEqual({ place, id, mentions });
  });

  it('knows every mailbox', async () => {
    await expect(mailHeard(mail('[CRITICAL] Site-00012: site down', ''), 'who@example.com')).rejects.toThrow('whom nobody knows');
  });

  it.each([
    ['incident.opened', 'told'],
    ['incident.repeat', 'told'],
    ['incident.acknowledged', 'taken'],
    ['incident.recovered', 'over'],
  ])('webhook: %s', (type, phase) => {
    const body = JSON.stringify({ type, id: 'n1', data: { incident: { title: 'Site-00003: site down' }, sites: [] } });
    expect(requestHeard(body)).toEqual({ place: 'hook', id: 'n1', mentions: [{ site: 'Site-00003', phase }] });
  });

  it('webhook: a digest', () => {
    const sites = [
      { name: 'Site-00001: site down', resolvedAt: null },
      { name: 'Site-00002: site down', resolvedAt: '2026-03-02T12:00:00.000Z' },
    ];
    const body = JSON.stringify({
      type: 'incident.digest',
      id: 'n1',
      data: { incident: { title: 'Digest of 2 incidents' }, sites },
    });
    expect(requestHeard(body).mentions).toEqual([
      { site: 'Site-00001', phase: 'told' },
      { site: 'Site-00002', phase: 'over' },
    ]);
  });

  it.each([
    ['🔴 [CRITICAL] Site-00004: site down', 'told'],
    ['🔴 [CRITICAL] Site-00004: site down: taken by Example Person', 'taken'],
    ['✅ [RECOVERED] Site-00004: site down', 'over'],
  ])('chat: %s', (text, phase) => {
    expect(chatHeard(JSON.stringify({ text, blocks: [{ block_id: 'n1' }] }))).toEqual({
      place: 'chat',
      id: 'n1',
      mentions: [{ site: 'Site-00004', phase }],
    });
  });
});
