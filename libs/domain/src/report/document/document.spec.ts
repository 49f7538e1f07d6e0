import { parse } from 'csv-parse/sync';
import { chartGeometry } from './chart.js';
import type { ChartBlock, ReportDocument, TableBlock } from './document.js';
import { renderHtml } from './html.js';
import { renderPlain } from './plain.js';
import { documentJson, renderCsv, sheetsOf } from './tables.js';

const HOSTILE = `</td><script src="https://evil.example/x.js">alert(1)</script>"'=1\u202Egnp`;
const AT = Date.UTC(2026, 2, 1);

const TABLE: TableBlock = {
  kind: 'table',
  key: 'circuits',
  title: `Circuits of ${HOSTILE}`,
  columns: [
    { key: 'name', title: 'Name', kind: 'text' },
    { key: 'severity', title: 'Severity', kind: 'tone' },
    { key: 'pct', title: 'Share', kind: 'number', unit: '%', decimals: 2 },
    { key: 'at', title: 'When', kind: 'time' },
  ],
  rows: [
    [HOSTILE, 'critical', 99.98765, AT],
    ['=SUM(A1)', 'info', -0.001, null],
  ],
  empty: 'None.',
  note: HOSTILE,
};

const CHART: ChartBlock = {
  kind: 'chart',
  key: 'chart',
  title: HOSTILE,
  shape: 'lines',
  unit: '%',
  most: 100,
  labels: ['a', 'b', 'c', 'd', HOSTILE],
  series: [
    { name: HOSTILE, values: [99, 98.5, null, 100, null] },
    { name: 'other', values: [null, null, null, null, null] },
  ],
};

const DOCUMENT: ReportDocument = {
  kind: 'sample',
  title: 'Sample report',
  facts: [['Organization', HOSTILE]],
  at: AT,
  blocks: [
    { kind: 'figures', figures: [{ label: HOSTILE, value: HOSTILE, tone: 'critical' }] },
    { kind: 'heading', text: HOSTILE },
    { kind: 'text', text: HOSTILE },
    { kind: 'steps', title: HOSTILE, steps: [HOSTILE] },
    CHART,
    { ...CHART, shape: 'bars', series: [{ name: 'one', values: [1, 0, null, 5, 2] }] },
    TABLE,
  ],
};

it('shows people the first rows of a long table and says where all are, and gives programs all', () => {
  const rows = Array.from({ length: 501 }, (_, i) => [`row ${String(i)}.`, 'info', i, AT]);
  const long: ReportDocument = { ...DOCUMENT, blocks: [{ ...TABLE, rows }] };
  const html = renderHtml(long);
  expect([html.includes('row 499.'), html.includes('row 500.')]).toEqual([true, false]);
  expect(html).toContain('The first 500 of 501; CSV, XLSX and JSON have all. &lt;/td&gt;');
  expect(renderHtml({ ...long, blocks: [{ ...TABLE, rows: rows.slice(0, 500) }] })).not.toContain('The first 500');
  for (const all of [renderCsv(long), JSON.stringify(documentJson(long)), JSON.stringify(sheetsOf(long))])
    expect(all).toContain('row 500.');
});

describe('as HTML', () => {
  const html = renderHtml(DOCUMENT);

  it('lets no name from outside be anything but text', () => {
    expect(html).not.toMatch(/<script|<td><\/td>alert|\u202E/);
    expect(html.match(/&lt;script src=&quot;/g)?.length).toBeGreaterThan(8);
  });

  it('needs nothing beside itself', () => {
    expect(html).not.toMatch(/(?:src|href)\s*=\s*["']?https?:|@import|url\(/);
    expect(html).toContain(`default-src 'none'`);
  });

  it('opens and closes every element', () => {
    const open: string[] = [];
    for (const [, close, name = ''] of html.matchAll(/<(\/?)([a-z]+\d?)(?:\s(?:"[^"]*"|[^">])*)?(?<!\/)>/g)) {
      if (['meta'].includes(name)) continue;
      if (close === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });
});

describe('a chart', () => {
  it('breaks its line where nobody knows, and has its top where values end', () => {
    const { lines, yTicks, top, bottom } = chartGeometry(CHART, 720);
    expect(lines.map(({ stretches }) => stretches.map(({ length }) => length))).toEqual([[2, 1], []]);
    for (const { at } of yTicks) expect(at >= top - 1e-9 && at <= bottom + 1e-9).toBe(true);
    expect(yTicks.at(-1)?.label).toMatch(/^100/);
  });

  it('of one value, of equal values and of none has axes too', () => {
    for (const values of [[5], [0, 0], [100, 100], [], [null]]) {
      const { yTicks, lines } = chartGeometry({ ...CHART, labels: values.map(String), series: [{ name: 'x', values }] }, 720);
      expect(yTicks.length).toBeGreaterThan(1);
      for (const { x, y } of lines.flatMap(({ stretches }) => stretches.flat())) expect(Number.isFinite(x + y)).toBe(true);
    }
  });
});

it('as text has every table, cut to its columns', () => {
  const text = renderPlain(DOCUMENT);
  expect(text).toContain('SAMPLE REPORT');
  expect(text).toMatch(/=SUM\(A1\) +info +0\.00 {2}-/);
  expect(text).not.toContain('\u202E');
});

it('as CSV, sheets and JSON has unrounded values, and no formulas where they could run', () => {
  const rows = parse(renderCsv(DOCUMENT), { record_delimiter: '\r\n', relax_column_count: true, from: 2 });
  expect(rows).toEqual([
    ['name', 'severity', 'pct', 'at'],
    [HOSTILE, 'critical', '99.98765', '2026-03-01T00:00:00Z'],
    ["'=SUM(A1)", 'info', '-0.001', ''],
  ]);
  expect(sheetsOf(DOCUMENT)[1]?.rows.at(-1)).toEqual(["'=SUM(A1)", 'info', -0.001, null]);
  expect(documentJson(DOCUMENT)).toMatchObject({
    report: 'sample',
    tables: {
      circuits: [
        { name: HOSTILE, pct: 99.98765, at: '2026-03-01T00:00:00Z' },
        { name: '=SUM(A1)', at: null },
      ],
    },
  });
});
