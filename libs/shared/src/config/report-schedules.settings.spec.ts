import { ConfigError, formatFault } from './config.error.js';
import { parseSettings } from './settings.js';

const EMAIL = `
email: { smtpUrl: 'smtp://127.0.0.1:25', from: a@example.com, to: [noc@example.com] }
people: { anna: [email:anna@example.com] }
channels: [{ id: chat, type: slack, token: xoxb-example, channel: C1 }]
`;

const read = (schedules: string, before = EMAIL) => parseSettings(`${before}reports: { schedules: [${schedules}] }`, {}).reports;

function faultsOf(schedules: string, before = EMAIL): string[] {
  try {
    read(schedules, before);
    return [];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.faults.map(formatFault).map((line) => line.replace(/^config\/mistwatch.yaml:\d+ reports\.schedules/, ''));
    throw error;
  }
}

const AT = `at: '07:00', timezone: Europe/Berlin`;

describe('schedules of reports', () => {
  it('are none, kept 7 days and 13 months, unless the file says otherwise', () => {
    expect(parseSettings('', {}).reports).toEqual({
      contracts: {},
      schedules: [],
      keepDays: 7,
      archiveMonths: 13,
      mailMaxMb: 10,
    });
  });

  it('are read with the days that go without saying', () => {
    const { schedules } = read(
      `{ id: weekly, kind: executive, period: week, ${AT}, to: [boss@example.com, person:anna] },
       { id: now, kind: summary, formats: [text, text, html], ${AT}, site: site-1 },
       { id: ends, kind: carrier, period: month, ${AT}, on: [1, last] },
       { id: rule, orgs: [org-1], kind: sle, period: day, ${AT}, on: 'FREQ=MONTHLY;BYDAY=1MO' }`,
    );
    const times = { minute: 420, timezone: 'Europe/Berlin' };
    expect(schedules).toEqual([
      {
        id: 'weekly',
        kind: 'executive',
        formats: ['pdf'],
        period: 'week',
        times: { ...times, on: { weekdays: ['mo'] } },
        to: ['email:boss@example.com', 'person:anna'],
      },
      {
        id: 'now',
        kind: 'summary',
        formats: ['text', 'html'],
        site: 'site-1',
        times: { ...times, on: { weekdays: ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] } },
        to: [],
      },
      expect.objectContaining({ times: { ...times, on: { monthDays: [1, 31] } } }),
      expect.objectContaining({ orgs: ['org-1'], times: { ...times, on: { rrule: 'FREQ=MONTHLY;BYDAY=1MO' } } }),
    ]);
  });

  it('are refused with every fault at its place', () => {
    const faults = faultsOf(
      `{ id: Bad Id, kind: exekutive, ${AT}, formats: [docx], to: [chat, 'a@b@c', 'person:bo'] },
       { id: twice, kind: summary, period: day, ${AT} },
       { id: twice, kind: sle, at: '7', timezone: Mars/Olympus, on: [mo, 3, funday] },
       { id: rule, kind: sle, period: day, ${AT}, on: 'FREQ=HOURLY' }`,
    );
    for (const part of [
      /^\[0\]\.id: should be small letters/,
      /^\[0\]\.kind: should be one of .*did you mean "?executive/,
      /^\[0\]\.formats\[0\]: should be one of/,
      /^\[0\]\.to\[0\]: reports go by mail/,
      /^\[0\]\.to\[1\]: should be one address/,
      /^\[0\]\.to\[2\]: there is no person "bo"/,
      /^\[1\]\.period: should be left out/,
      /^\[2\]\.id: the id twice is taken/,
      /^\[2\]\.period: is missing/,
      /^\[2\]\.at: should be a time/,
      /^\[2\]\.timezone: should be a time zone/,
      /^\[2\]\.on: should name days of the week or/,
      /^\[2\]\.on\[2\]: should be mo, tu/,
      /^\[3\]\.on: "FREQ=HOURLY" is no usable rule/,
    ])
      expect(faults).toContainEqual(expect.stringMatching(part));
  });

  it('need the section that says how mail is sent', () => {
    const faults = faultsOf(`{ id: a, kind: summary, ${AT}, to: [boss@example.com] }`, '');
    expect(faults).toEqual([expect.stringContaining('needs the section email')]);
  });
});
