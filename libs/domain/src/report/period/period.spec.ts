import type { CellValue, ReportDocument, TableBlock } from '../document/document.js';
import { tablesOf } from '../document/document.js';
import { carrierDocument, verdictOf } from './carrier.js';
import { engineeringDocument } from './engineering.js';
import { executiveDocument } from './executive.js';
import { SAMPLE_CARRIER, SAMPLE_SLE, SAMPLE_WAN } from './sample.fixture.js';
import { sleDocument } from './sle.js';
import { addWanSums, grossPct, groupSums, meanQuality, netPct, NO_WAN_SUMS, type WanSums } from './sums.js';

const HOUR = 3_600_000;
const SUMS: WanSums = {
  ...NO_WAN_SUMS,
  hours: 100,
  upMs: 90 * HOUR,
  downMs: 6 * HOUR,
  maintenanceMs: 5 * HOUR,
  maintenanceUpMs: HOUR,
  maintenanceDownMs: 4 * HOUR,
  quality: { ...NO_WAN_SUMS.quality, latency: { count: 4, sum: 80, worstDayP95: 40 } },
};

const tableOf = (document: ReportDocument, key: string): TableBlock => {
  const table = tablesOf(document).find((each) => each.key === key);
  if (table === undefined) throw new Error(`There is no table ${key}.`);
  return table;
};
const cellOf = (table: TableBlock, row: number, key: string): CellValue | undefined =>
  table.rows[row]?.[table.columns.findIndex((column) => column.key === key)];

describe('hours of circuits, added up', () => {
  it('leave maintenance and what nobody knows out of net availability', () => {
    expect(grossPct(SUMS)).toBeCloseTo((90 / 96) * 100);
    expect(netPct(SUMS)).toBeCloseTo((89 / 91) * 100);
    expect(netPct({ ...SUMS, maintenanceUpMs: 90 * HOUR, maintenanceDownMs: 6 * HOUR })).toBeNull();
  });

  it('give the same whatever is added first, and means weigh samples', () => {
    const other: WanSums = { ...SUMS, quality: { ...SUMS.quality, latency: { count: 1, sum: 120, worstDayP95: 130 } } };
    expect(addWanSums(SUMS, addWanSums(other, NO_WAN_SUMS))).toEqual(addWanSums(addWanSums(SUMS, other), NO_WAN_SUMS));
    expect(meanQuality(addWanSums(SUMS, other), 'latency')).toBe(40);
    expect(groupSums([{ sums: SUMS }, { sums: other }], () => 'all')).toMatchObject([
      { name: 'all', members: 2, sums: { hours: 200 } },
    ]);
  });
});

describe('the evidence for a carrier', () => {
  it.each([
    [undefined, 'none promised'],
    [{}, 'none promised'],
    [{ availabilityPct: 97 }, 'kept'],
    [{ availabilityPct: 98 }, 'broken'],
    [{ availabilityPct: 97, latencyMs: 19 }, 'broken'],
    [{ availabilityPct: 97, latencyMs: 20 }, 'kept'],
    [{ jitterMs: 5 }, 'no data'],
    [{ availabilityPct: 98, jitterMs: 5 }, 'broken'],
  ] as const)('says of the contract %j: %s', (contract, verdict) => {
    expect(verdictOf(SUMS, contract)).toBe(verdict);
  });

  it('carves maintenance and uncovered time out, by hand', () => {
    const circuit = { id: 'a:1', name: 'main', siteId: 's', siteName: 'Alder', region: 'North', provider: 'X', sums: SUMS };
    const document = carrierDocument({
      ...SAMPLE_CARRIER,
      contracts: { X: { availabilityPct: 98 } },
      circuits: [circuit],
      outages: [],
    });
    const table = tableOf(document, 'carriers');
    expect(['up_h', 'down_h', 'maintenance_h', 'uncovered_h', 'contract'].map((key) => cellOf(table, 0, key))).toEqual([
      89,
      2,
      5,
      4,
      'broken',
    ]);
    expect(tableOf(document, 'carrier_1_outages').rows).toEqual([]);
  });

  it('tells every carrier with its circuits and outages, worst first', () => {
    const document = carrierDocument(SAMPLE_CARRIER);
    const carriers = tableOf(document, 'carriers').rows.map(([name]) => name);
    expect(carriers).toEqual(['Example Telecom', 'Sample Fibre', 'Test Wireless']);
    const outages = carriers.flatMap((_, i) => tableOf(document, `carrier_${String(i + 1)}_outages`).rows);
    expect(outages).toHaveLength(SAMPLE_CARRIER.outages.length);
  });
});

it('ranks the worst circuits, those without the trouble left out', () => {
  const { rows } = tableOf(executiveDocument({ wan: SAMPLE_WAN, sle: SAMPLE_SLE }), 'top_down');
  const figures = rows.map((row) => Number(row.at(-1)));
  expect(figures).toEqual([...figures].sort((a, b) => b - a));
  expect(Math.min(...figures)).toBeGreaterThan(0);
});

it('tells nothing of a period of which nothing is known, and says so', () => {
  const nothing = {
    ...SAMPLE_WAN,
    circuits: [],
    beforeSums: NO_WAN_SUMS,
    daySums: SAMPLE_WAN.days.map(() => NO_WAN_SUMS),
    failovers: [],
    incidents: [],
  };
  const sle = { ...SAMPLE_SLE, sites: [], daily: {} };
  const documents = [
    executiveDocument({ wan: nothing, sle }),
    engineeringDocument(nothing),
    sleDocument(sle),
    carrierDocument({ ...SAMPLE_CARRIER, ...nothing, outages: [] }),
  ];
  for (const document of documents)
    expect(tableOf(document, document.kind === 'carrier' ? 'carriers' : 'trends').rows).toEqual([]);
});

it('judges sites by the limits of each service level', () => {
  const table = tableOf(sleDocument(SAMPLE_SLE), 'sites');
  expect(table.rows).toHaveLength(SAMPLE_SLE.sites.length);
  expect(cellOf(table, 0, 'severity')).toBe('major');
});
