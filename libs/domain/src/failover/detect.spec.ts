import { t } from '../kpi/circuit-input.fixture.js';
import { detectFailovers } from './detect.js';
import { rolesOf, type SiteCircuit } from './failover.js';
import { ALL, circuit, observations, role, RULES, told } from './failover.fixture.js';

type Case = [name: string, primary: string, backup: string, expected: string[]];

const site = (primary: string, ...others: string[]): SiteCircuit[] => [
  circuit(1, observations(primary)),
  ...others.map((text, i) => circuit(i + 2, observations(text))),
];

const CASES: Case[] = [
  [
    'two polls begin and two polls end it, at the first of each',
    '10:00 on, 10:05 off, 10:10 off, 10:15 off, 10:20 on, 10:25 on',
    '10:00 off, 10:05 on, 10:10 on, 10:15 on, 10:20 off, 10:25 off',
    ['10:05-10:20 poll inactive 2'],
  ],
  ['one poll is none', '10:00 on, 10:05 off, 10:10 on', '10:00 off, 10:05 on, 10:10 off', []],
  ['one good poll does not end it', '10:00 off, 10:05 off, 10:10 on, 10:15 off', '10:00 on', ['10:00- poll inactive 2']],
  ['the port is down by poll', '10:00 on, 10:05 down, 10:10 down', '10:05 on, 10:10 on', ['10:05- poll down 2']],
  [
    'an event begins it at its own time, once a reading shows the other carrying',
    '10:00 on, 10:03 DOWN, 10:05 down, 10:28 UP, 10:30 on, 10:35 on',
    '10:00 off, 10:05 on, 10:10 on, 10:30 off, 10:35 off',
    ['10:03-10:30 event down 2'],
  ],
  ['an event while the other carries anyway needs nothing more', '10:00 on, 10:03 DOWN', '10:00 on', ['10:03- event down 2']],
  ['a bounce between two readings is none', '10:00 on, 10:03 DOWN, 10:04 UP, 10:10 on', '10:00 off, 10:10 on', []],
  ['a reading of the other alone confirms an event', '10:00 on, 10:03 DOWN', '10:02 off, 10:07 on', ['10:03- event down 2']],
  ['both down is no path, no failover', '10:00 on, 10:03 DOWN, 10:05 down, 10:10 down', '10:05 down, 10:10 down', []],
  [
    'after no path it begins with the polls that show the other carrying',
    '10:03 DOWN, 10:05 down, 10:10 down, 10:15 down',
    '10:05 down, 10:10 on, 10:15 on',
    ['10:10- poll down 2'],
  ],
  [
    'a backup that drops too does not end it',
    '10:00 off, 10:05 off, 10:10 down, 10:15 on, 10:20 on',
    '10:00 on, 10:05 on, 10:10 down, 10:15 down',
    ['10:00-10:15 poll inactive 2'],
  ],
  [
    'without an active flag rising counters decide',
    '10:00 100, 10:05 200, 10:10 200, 10:15 200, 10:20 300, 10:25 400',
    '10:00 10, 10:05 20, 10:10 30, 10:15 40, 10:20 50, 10:25 60',
    ['10:10-10:20 poll inactive 2'],
  ],
  ['a first counter says nothing', '10:00 100, 10:05 100', '10:00 1, 10:05 2', []],
  [
    'a counter that restarted moved',
    '10:00 100, 10:05 40, 10:10 40, 10:15 40',
    '10:00 1, 10:05 2, 10:10 3, 10:15 4',
    ['10:10- poll inactive 2'],
  ],
  [
    'paths go before the flag of the port',
    '10:04 path-down, 10:05 on, 10:10 on, 10:14 path-on, 10:15 on, 10:20 on',
    '10:05 on, 10:10 on',
    ['10:05-10:15 poll inactive 2'],
  ],
  ['paths that do not say leave it to the flag', '10:04 path-mute, 10:05 on, 10:10 on', '10:05 on, 10:10 on', []],
  ['old paths say nothing', '08:00 path-off, 10:05 on, 10:10 on', '10:05 on, 10:10 on', []],
  [
    'paths from before it was down say nothing',
    '10:00 path-on, 10:01 DOWN, 10:05 off, 10:10 off',
    '10:05 on, 10:10 on',
    ['10:01- event down 2'],
  ],
  [
    'polls that tell nothing are passed over',
    '10:00 off, 10:05 ?, 10:10 mute, 10:15 off',
    '10:00 on',
    ['10:00- poll inactive 2'],
  ],
  ['the newest reading of the other must not be older than the gap', '10:00 off, 10:05 off', '08:59 on', []],
  ['an hour is not older than the gap', '10:00 off, 10:05 off', '09:05 on', ['10:00- poll inactive 2']],
  ['polls further apart than the gap do not count together', '10:00 off, 11:01 off', '10:00 on, 11:01 on', []],
  [
    'a poll that contradicts a fresh event is ignored',
    '10:00 on, 10:03 DOWN, 10:04 on, 10:06 down',
    '10:06 on',
    ['10:03- event down 2'],
  ],
  [
    'a disabled port is no circuit: it ends',
    '10:00 off, 10:05 off, 10:10 gone',
    '10:00 on',
    ['10:00-10:10 poll inactive 2 disabled'],
  ],
  ['a disabled other carries nothing', '10:00 off, 10:05 off', '10:00 gone', []],
  ['a repeated event begins nothing new', '10:03 DOWN, 10:03 DOWN, 10:04 DOWN', '10:00 on', ['10:03- event down 2']],
  ['both ways in one instant ends where it was', '10:00 on, 10:03 DOWN, 10:03 UP', '10:00 on', []],
];

describe('failovers', () => {
  it.each(CASES)('%s', (_, primary, backup, expected) => {
    expect(told(site(primary, backup))).toEqual(expected);
  });

  it('name the secondary before a backup, and note who takes over', () => {
    const [primary, secondary, backup] = site(
      '10:00 off, 10:05 off, 10:10 off, 10:15 off',
      '10:00 on, 10:05 on, 10:10 down, 10:15 down',
      '10:00 on, 10:10 on, 10:15 on',
    );
    if (primary === undefined || secondary === undefined || backup === undefined) throw new Error('three circuits');
    expect(told([primary, { ...backup, id: 2, roles: role('backup') }, { ...secondary, id: 3 }])).toEqual([
      '10:00- poll inactive 3, 10:10 2',
    ]);
  });

  it('need a known role', () => {
    const [one, two] = site('10:00 off, 10:05 off', '10:00 on');
    expect(told([{ ...(one ?? circuit(1)), roles: [] }, ...(two === undefined ? [] : [two])])).toEqual([]);
  });

  it('follow roles through time: what is no longer primary fails over no more', () => {
    const roles = rolesOf([
      { source: 'mist', since: -Infinity, role: 'secondary' },
      { source: 'configured', since: t('09:00'), role: 'primary' },
      { source: 'configured', since: t('10:12'), role: 'backup' },
      { source: 'mist', since: t('11:00'), role: 'primary' },
    ]);
    expect(roles.map((each) => each.role)).toEqual(['secondary', 'primary', 'backup', 'backup']);
    const [one, two] = site('08:00 off, 08:05 off, 10:00 off, 10:05 off, 10:15 off, 10:20 off', '08:00 on, 10:00 on, 10:15 on');
    expect(told([{ ...(one ?? circuit(1)), roles }, two ?? circuit(2)])).toEqual(['10:00-10:12 poll inactive 2 role']);
  });

  it('follow sources by trust, and end with what was said no longer', () => {
    const roles = rolesOf([
      { source: 'path_preference', since: -Infinity, until: t('09:00'), role: 'primary' },
      { source: 'lte', since: t('08:00'), until: t('10:00'), role: 'secondary' },
      { source: 'path_preference', since: t('11:00'), role: 'primary' },
    ]);
    expect(roles.map(({ role }) => role)).toEqual(['primary', 'secondary', 'secondary', null, 'primary']);
  });

  it('take no polls of a cut-off gateway', () => {
    const [one, two] = site('10:00 on, 10:05 off, 10:10 off, 10:15 off', '10:05 on, 10:10 on, 10:15 on');
    const cutOffs = [{ from: t('10:04'), to: t('10:12') }];
    expect(told([{ ...(one ?? circuit(1)), cutOffs }, two ?? circuit(2)])).toEqual([]);
  });

  it('leave a site unsettled while its primary does not carry', () => {
    const isUnsettled = (primary: string, backup = '10:00 off'): boolean =>
      detectFailovers(site(primary, backup), ALL, RULES).isUnsettled;
    expect(isUnsettled('10:00 on')).toBe(false);
    expect(isUnsettled('10:00 off')).toBe(true);
    expect(isUnsettled('10:00 on, 10:03 path-off')).toBe(true);
    expect(isUnsettled('10:00 off, 10:05 off, 10:10 on', '10:00 on')).toBe(true);
    expect(isUnsettled('10:00 off, 10:05 off, 10:10 on, 10:15 on', '10:00 on')).toBe(false);
  });
});
