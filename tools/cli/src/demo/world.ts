import { startMistCloud, type Incident, type MistCloud, type SimClock } from '@app/mist-cloud';

const MINUTE_MS = 60_000;

export const DEMO_TOKEN = 'demo-token';

/** What happens in the demo, told in minutes before its end. */
const INCIDENTS = (end: number, sites: number): readonly Incident[] => [
  { kind: 'failover', site: 1, from: end - 165 * MINUTE_MS, to: end - 125 * MINUTE_MS },
  ...(sites > 3 ? [{ kind: 'failover', site: 3, from: end - 45 * MINUTE_MS, to: end + 30 * MINUTE_MS } as const] : []),
  { kind: 'dhcp-trouble', site: 0, from: end - 70 * MINUTE_MS, to: end + 40 * MINUTE_MS, lossPct: 45 },
  {
    kind: 'circuit-flap',
    site: 1,
    portId: 'ge-0/0/0',
    from: end - 100 * MINUTE_MS,
    to: end - 60 * MINUTE_MS,
    count: 2,
    downSeconds: 240,
  },
  { kind: 'circuit-down', site: 1, portId: 'ge-0/0/1', from: end - 35 * MINUTE_MS, to: end + 30 * MINUTE_MS },
  { kind: 'site-down', site: 2, from: end - 25 * MINUTE_MS, to: end + 20 * MINUTE_MS },
  {
    kind: 'congestion',
    site: 0,
    portId: 'ge-0/0/0',
    from: end - 180 * MINUTE_MS,
    to: end + 60 * MINUTE_MS,
    peakPct: 97,
    rampMinutes: 60,
  },
];

export interface DemoWorld {
  readonly cloud: MistCloud;
  readonly orgId: string;
}

/** A small organization with a bad day. */
export async function startDemoWorld(options: { clock: SimClock; end: number; sites: number }): Promise<DemoWorld> {
  const cloud = await startMistCloud({
    orgs: [{ name: 'Example Stores', token: DEMO_TOKEN, sites: options.sites, circuitsPerSite: 2, apsPerSite: 3 }],
    clock: options.clock,
    startAt: options.clock.now(),
    seed: 7,
  });
  for (const incident of INCIDENTS(options.end, options.sites)) cloud.scenario.add(incident);
  const orgId = cloud.orgs[0]?.id;
  if (orgId === undefined) throw new Error('The simulated cloud has no organization.');
  return { cloud, orgId };
}
