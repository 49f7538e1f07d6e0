import { tablesOf, type ReportDocument } from '@app/domain';
import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { renderPdf } from './pdf.js';

const NAMES = [
  'Größe & Söhne',
  'Ελλάδα',
  'Москва',
  '東京 \u{1f4a5}',
  '</Td> (unbalanced \\( text',
  `${'very long '.repeat(40)}`,
  '\u202Eevil\n\0line',
];

const DOCUMENT: ReportDocument = {
  kind: 'sample',
  title: 'Sample report',
  facts: [['Organization', 'Example Retail (org-1)']],
  at: Date.UTC(2026, 2, 1),
  blocks: [
    { kind: 'figures', figures: NAMES.map((name) => ({ label: name, value: name, tone: 'major' as const })) },
    { kind: 'heading', text: 'Charts' },
    {
      kind: 'chart',
      key: 'lines',
      title: 'Lines',
      shape: 'lines',
      unit: '%',
      labels: ['a', 'b', 'c'],
      series: [
        { name: 'x', values: [1, null, 3] },
        { name: 'y', values: [1, 2, 3] },
      ],
    },
    {
      kind: 'chart',
      key: 'bars',
      title: 'Bars',
      shape: 'bars',
      unit: 'h',
      labels: NAMES,
      series: [{ name: 'x', values: NAMES.map((_, i) => i) }],
    },
    { kind: 'steps', title: 'Steps', steps: NAMES },
    {
      kind: 'table',
      key: 'rows',
      title: 'Rows',
      columns: [
        { key: 'name', title: 'Name', kind: 'text' },
        { key: 'severity', title: 'Severity', kind: 'tone' },
        { key: 'value', title: 'Value', kind: 'number', unit: '%' },
      ],
      rows: Array.from({ length: 100 }, (_, i) => [NAMES[i % NAMES.length] ?? '', 'critical', i]),
      empty: 'None.',
    },
  ],
};

/** What is used of the reader, whose own types come with a package that is not needed otherwise. */
interface PdfFile {
  readonly numPages: number;
  getPage(page: number): Promise<{
    getViewport(at: { scale: number }): { readonly width: number; readonly height: number };
    getTextContent(): Promise<{
      readonly items: readonly { readonly str?: string; readonly transform?: number[]; readonly width: number }[];
    }>;
  }>;
}

async function opened(bytes: Buffer): Promise<PdfFile> {
  const file: unknown = await getDocumentProxy(new Uint8Array(bytes));
  return file as PdfFile;
}

describe('a PDF', () => {
  it('is read by another program: names of most scripts, every row, its head on each page', async () => {
    const { text, totalPages } = await extractText(new Uint8Array(await renderPdf(DOCUMENT)), { mergePages: false });
    expect(totalPages).toBe(text.length);
    expect(totalPages).toBeGreaterThan(3);
    const all = text.join('\n');
    for (const name of ['Größe & Söhne', 'Ελλάδα', 'Москва', '</Td> (unbalanced \\( text']) expect(all).toContain(name);
    for (const value of ['0.0', '50.0', '99.0']) expect(all).toContain(value);
    expect(text.filter((page) => page.includes('Severity') && page.includes('[%]')).length).toBeGreaterThan(2);
    expect(all).toContain(`1 / ${String(totalPages)}`);
  });

  it('has the first rows of a table that is too long to draw, and says how many there are', async () => {
    const [table] = tablesOf(DOCUMENT);
    if (table === undefined) throw new Error('The sample has no table.');
    const rows = Array.from({ length: 10_000 }, (_, i) => [`row ${String(i)}.`, 'info', i]);
    const long: ReportDocument = { ...DOCUMENT, blocks: [{ ...table, rows }] };
    const { text, totalPages } = await extractText(new Uint8Array(await renderPdf(long)), { mergePages: true });
    expect(totalPages).toBeLessThan(20);
    expect(text).toContain('row 499.');
    expect(text).toContain('The first 500 of 10000; CSV, XLSX and JSON have all.');
  });

  it('keeps everything on its pages', async () => {
    const pdf = await opened(await renderPdf(DOCUMENT));
    for (let i = 1; i <= pdf.numPages; i++) {
      const page = await pdf.getPage(i);
      const { width, height } = page.getViewport({ scale: 1 });
      for (const item of (await page.getTextContent()).items) {
        const { str = '', transform: [, , , , x = -1, y = -1] = [] } = item;
        if (str.trim() === '') continue;
        expect(x >= 0 && x + item.width <= width && y > 0 && y < height ? '' : str).toBe('');
      }
    }
  });

  it('is the same bytes for the same report, and tells the time of the report', async () => {
    const [first, second] = [await renderPdf(DOCUMENT), await renderPdf(DOCUMENT)];
    expect(first.equals(second)).toBe(true);
    const { info } = await getMeta(new Uint8Array(first));
    expect(info).toMatchObject({ Title: 'Sample report', CreationDate: 'D:20260301000000Z' });
  });
});
