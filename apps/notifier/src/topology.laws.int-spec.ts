import fc from 'fast-check';
import { MINUTE, Rig, SECOND } from './rig.spec-support.js';

// The real drain and decide on Postgres: whatever arrives when, nobody hears of a child while its site is down.

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
}, 60_000);
afterAll(() => rig.stop(), 30_000);

const CHILDREN = [
  'circuit-down',
  'second-circuit-down',
  'failover',
  'congestion',
  'quality',
  'device-offline',
  'no-data',
  'sle',
] as const;
type Child = (typeof CHILDREN)[number];

/** What happens to one site: when each child begins and ends, and when the site is seen to be down; in seconds from the start. */
interface SiteStory {
  readonly children: readonly { readonly child: Child; readonly at: number; readonly lasts: number }[];
  readonly mayBeDownAt: number;
  readonly firesAfter: number;
  readonly lasts: number;
}

const story = fc.record<SiteStory>({
  children: fc.uniqueArray(
    fc.record({
      child: fc.constantFrom(...CHILDREN),
      at: fc.integer({ min: 0, max: 300 }),
      lasts: fc.integer({ min: 30, max: 600 }),
    }),
    { selector: ({ child }) => child, minLength: 1, maxLength: 5 },
  ),
  mayBeDownAt: fc.integer({ min: 0, max: 200 }),
  firesAfter: fc.constantFrom(0, 60, 120),
  lasts: fc.integer({ min: 60, max: 400 }),
});

interface Step {
  readonly at: number;
  readonly happen: () => Promise<void>;
}

async function stepsOf({ children, mayBeDownAt, firesAfter, lasts }: SiteStory, name: string): Promise<Step[]> {
  const site = await rig.site(name, 'North');
  const circuits = [await rig.circuit(site, 'Northlink'), await rig.circuit(site, 'Metrowave')];
  const begin = (child: Child): Promise<number> => {
    if (child === 'circuit-down') return rig.circuitDown(site, circuits[0] ?? 0);
    if (child === 'second-circuit-down') return rig.circuitDown(site, circuits[1] ?? 0);
    return rig.alert(child, site, { severity: child === 'sle' ? 'critical' : 'major' });
  };
  const lived = (at: number, until: number, start: () => Promise<number>): Step[] => {
    let id = 0;
    return [
      { at, happen: async () => void (id = await start()) },
      { at: until, happen: () => rig.change(id, { status: 'resolved' }) },
    ];
  };
  let parent = 0;
  const parentSteps: Step[] = [
    {
      at: mayBeDownAt,
      happen: async () => void (parent = await rig.alert('site-down', site, { status: firesAfter === 0 ? 'firing' : 'pending' })),
    },
    ...(firesAfter === 0 ? [] : [{ at: mayBeDownAt + firesAfter, happen: () => rig.change(parent, { status: 'firing' }) }]),
    { at: mayBeDownAt + firesAfter + lasts, happen: () => rig.change(parent, { status: 'resolved' }) },
  ];
  return [...parentSteps, ...children.flatMap((each) => lived(each.at, each.at + each.lasts, () => begin(each.child)))];
}

interface ToldSite {
  readonly name: string;
  readonly what: readonly string[];
}

const isOfParent = (line: string): boolean => line.startsWith('Site ') || line.endsWith('(because the site is down)');

/** What was decided since the last look about sites that are or may be down, and is not about the site itself. */
async function forbidden(after: number): Promise<{ last: number; lines: string[] }> {
  const told = await rig.database.query<{ id: number; reason: string; sites: readonly ToldSite[] }>(
    `select id, reason, notification->'sites' as sites from delivery where id > $1 order by id`,
    [after],
  );
  const down = await rig.database.query<{ name: string }>(
    `select s.name from alert a join site s on s.org_id = a.org_id and s.id = a.site_id where a.rule = 'site-down' and a.status <> 'resolved'`,
  );
  const names = new Set(down.map(({ name }) => name));
  const lines = told.flatMap(({ reason, sites }) =>
    reason === 'recovered'
      ? []
      : sites.filter(({ name }) => names.has(name)).flatMap(({ what }) => what.filter((line) => !isOfParent(line))),
  );
  return { last: told.at(-1)?.id ?? after, lines };
}

it('tells of no child while its site is or may be down, in any order of arrival and with any delay', async () => {
  const { dispatch } = await rig.notifier();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(story, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 10, max: 60 }),
      async (stories, everyS) => {
        run += 1;
        await rig.database.query(
          'truncate alert, alert_change, outbox, incident, incident_alert, delivery, delivery_attempt cascade',
        );
        const steps: Step[] = [];
        for (const [i, each] of stories.entries()) steps.push(...(await stepsOf(each, `Store ${run}-${i}`)));
        steps.sort((a, b) => a.at - b.at);
        let [next, seen] = [0, 0];
        for (let second = 0; next < steps.length; second += everyS) {
          for (; next < steps.length && (steps[next]?.at ?? 0) <= second; next += 1) await steps[next]?.happen();
          await dispatch.sendDue();
          const { last, lines } = await forbidden(seen);
          expect(lines).toEqual([]);
          seen = last;
          rig.clock.advance(everyS * SECOND);
        }
        for (let minute = 0; minute < 8; minute += 1) {
          await dispatch.sendDue();
          rig.clock.advance(MINUTE);
        }
        const [left] = await rig.database.query<{ open: number; doubled: number }>(
          `select (select count(*) from incident where resolved_at is null) as open,
           (select count(*) from (select 1 from delivery where reason = 'recovered' group by incident_id, destination having count(*) > 1) d) as doubled`,
        );
        expect(left).toEqual({ open: 0, doubled: 0 });
      },
    ),
    { numRuns: 8 },
  );
}, 120_000);
