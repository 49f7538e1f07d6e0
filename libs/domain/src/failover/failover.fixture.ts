import { event, path, poll, t } from '../kpi/circuit-input.fixture.js';
import type { PathSample, PortEvent, PortSample } from '../sample.js';
import { HOUR_MS } from '../time/bucket.js';
import type { CarryingRules } from './carrying.js';
import { detectFailovers } from './detect.js';
import type { DatedRole, Failover, SiteCircuit } from './failover.js';

export const RULES: CarryingRules = { maxGapMs: HOUR_MS, contradictMs: 120_000 };

export const role = (of: DatedRole['role']): DatedRole[] => [{ since: -Infinity, role: of }];

export const circuit = (id: number, over: Partial<SiteCircuit> = {}): SiteCircuit => ({
  id,
  roles: id === 1 ? role('primary') : role('secondary'),
  polls: [],
  events: [],
  paths: [],
  cutOffs: [],
  ...over,
});

/** Port readings in short: `10:00 on` up and active, `off` up and not active, `down`, `gone` disabled, `?` up unknown, a number: up with that counter. */
export function observations(text: string): { polls: PortSample[]; events: PortEvent[]; paths: PathSample[] } {
  const [polls, events, paths]: [PortSample[], PortEvent[], PathSample[]] = [[], [], []];
  for (const word of text.split(',').map((each) => each.trim())) {
    const [clock = '', what = ''] = word.split(' ');
    if (what === 'UP' || what === 'DOWN') events.push(event(clock, what === 'UP' ? 'up' : 'down'));
    else if (what.startsWith('path')) paths.push(path(clock, 'hub', PATHS[what] ?? {}));
    else polls.push(poll(clock, POLLS[what] ?? { rxBytes: Number(what), txBytes: 0 }));
  }
  return { polls, events, paths };
}

const POLLS: Readonly<Record<string, Partial<PortSample>>> = {
  on: { active: true },
  off: { active: false },
  down: { up: false },
  gone: { disabled: true },
  '?': { up: null },
  mute: {},
};
const PATHS: Readonly<Record<string, Partial<PathSample>>> = {
  'path-on': { active: true },
  'path-off': { active: false },
  'path-down': { up: false, active: null },
  'path-mute': { active: null },
};

export const ALL = { from: -Infinity, to: Infinity, open: [], now: t('47:00') };

/** Failovers as `start-end trigger why backup`, times as `HH:mm[:ss]` of the fixture day. */
export const told = (circuits: readonly SiteCircuit[]): string[] => detectFailovers(circuits, ALL, RULES).failovers.map(inShort);

const clock = (at: number): string => new Date(at).toISOString().slice(11, 19).replace(/:00$/, '');

export const inShort = ({ startedAt, endedAt, trigger, why, backupId, changes, endedBy }: Failover): string =>
  [
    `${clock(startedAt)}-${endedAt === null ? '' : clock(endedAt)}`,
    trigger,
    why,
    [backupId, ...changes.map(({ at, circuitId }) => `${clock(at)} ${circuitId}`)].join(', '),
    ...(endedBy === null || endedBy === 'carries' ? [] : [endedBy]),
  ].join(' ');
