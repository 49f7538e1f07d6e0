import { parseSettings, trailingWindows } from '@app/shared';
import { ORG, NOW, PlansWorld } from './plans-world.js';
import { plansOf, stepsOf, type PlanNode, type Statement } from './statements.js';

const FACTS = /^(circuit_(hour|day|week|month|sketch)|group_(day|week|month)|hour_sketch)(_\d+)?$/;
const YEAR = 'from=2025-03-01T00:00:00Z&to=2026-04-22T10:00:00Z';
const MONTHS = 'from=2026-03-01T00:00:00Z&to=2026-04-22T10:00:00Z';

/** The hottest questions; each is read where the words say. */
const QUESTIONS: readonly [question: string, path: string, reads: readonly string[]][] = [
  ['a circuit by day', `/circuits/CIRCUIT/series?${MONTHS}&grain=day`, ['circuit_day', 'circuit_hour']],
  ['a circuit by month', `/circuits/CIRCUIT/series?${YEAR}&grain=month`, ['circuit_month', 'circuit_day', 'circuit_hour']],
  ['a site by day', `/sites/SITE/series?${MONTHS}&grain=day`, ['circuit_day']],
  ['a region by day', `/regions/North/series?${MONTHS}&grain=day`, ['group_day']],
  ['a provider by month', `/providers/Oak/series?${YEAR}&grain=month`, ['group_month', 'group_day']],
  ['the organization by month', `/series?${YEAR}&grain=month`, ['group_month']],
  ['the worst circuits of 13 months', '/rankings?period=13m&by=utilization&top=10', ['circuit_month', 'circuit_day']],
  ['the worst circuits of 13 months by p95', '/rankings?period=13m&by=latency&top=10', ['circuit_month', 'circuit_day']],
  ['the worst regions of 13 months', '/rankings?period=13m&by=availability&of=regions', ['circuit_month']],
  ['chronic offenders of a month', '/offenders?by=utilization&period=30d', ['circuit_day']],
  ['figures of all sites', '/kpis?of=sites&period=7d', ['circuit_day']],
  ['windows of a region', '/regions/North/windows?hours=3,12,24', ['circuit_hour']],
  ['windows of all circuits', '/circuits/windows?hours=24,12,3&limit=50', ['circuit_hour']],
  ['13 months of availability of a circuit', '/circuits/CIRCUIT/availability', ['circuit_hour']],
  ['13 months of availability of the organization', '/availability', ['group_day']],
];

describe('plans of the hottest questions', () => {
  let world: PlansWorld;
  let names: { circuit: string; site: string };
  let filled: ReadonlySet<string>;
  beforeAll(async () => {
    world = await PlansWorld.start({ orgs: 4, circuits: 120, hourDays: 3, days: 60 });
    const [row] = await world.database.query<{ circuit: string; site: string }>(
      `select c.mac || ':' || c.port_id as circuit, s.external_id as site from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
       join org o on o.id = c.org_id where o.external_id = $1 order by c.id limit 1`,
      [ORG],
    );
    names = row ?? { circuit: '', site: '' };
    const tables = await world.database.query<{ name: string }>('select relname as name from pg_class where reltuples > 0');
    filled = new Set(tables.map(({ name }) => name));
  }, 120_000);
  afterAll(() => world.stop());

  /** Tables of facts and rollups that a step reads, and those that it reads from end to end. */
  async function readsOf(statements: readonly Statement[]) {
    const plans = await plansOf(world.database, statements);
    const steps = plans.flatMap(({ plan }) => stepsOf(plan)).filter((step) => FACTS.test(step['Relation Name'] ?? ''));
    const names = (of: readonly PlanNode[]): string[] => [...new Set(of.map((step) => step['Relation Name'] ?? ''))].sort();
    return {
      read: new Set(names(steps).map((name) => name.replace(/_\d+$/, ''))),
      sequentially: names(steps.filter((step) => step['Node Type'] === 'Seq Scan' && filled.has(step['Relation Name'] ?? ''))),
    };
  }

  it('would show a table that is read from end to end', async () => {
    const text = 'select count(*) from circuit_hour where covered_ms > $1';
    expect((await readsOf([{ text, values: [1] }])).sequentially).toContain('circuit_hour_202604');
  });

  it.each(QUESTIONS)('read no facts from end to end for %s', async (_question, path, tables) => {
    const url = path.replace('CIRCUIT', encodeURIComponent(names.circuit)).replace('SITE', names.site);
    const { read, sequentially } = await readsOf(await world.sentBy(url));
    expect([...read]).toEqual(expect.arrayContaining([...tables]));
    expect(sequentially).toEqual([]);
  });

  it('read no facts from end to end for windows after a closed hour', async () => {
    const before = world.sent.length;
    await trailingWindows(world.database, { org: world.org, end: NOW, lengths: [3, 12, 24], settings: parseSettings('', {}) });
    const { read, sequentially } = await readsOf(world.sent.slice(before));
    expect([...read]).toEqual(['circuit_hour']);
    expect(sequentially).toEqual([]);
  });

  it('read no facts from end to end to fold a closed hour', async () => {
    const { read, sequentially } = await readsOf(await world.sentByFold());
    expect([...read]).toEqual(
      expect.arrayContaining(['circuit_hour', 'circuit_day', 'group_day', 'hour_sketch', 'circuit_sketch']),
    );
    expect(sequentially).toEqual([]);
  });
});
