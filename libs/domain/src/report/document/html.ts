import { oneLine } from '../layout.js';
import { isTone, TONE_COLOURS } from './colours.js';
import type { Block, CellValue, DocumentColumn, Figure, ReportDocument, TableBlock } from './document.js';
import { escapeHtml } from './escape.js';
import { shownTable } from './shown.js';
import { chartSvg } from './svg.js';
import { headText, isRight, valueText } from './values.js';

const tones = (ground: 'light' | 'dark'): string =>
  Object.entries(TONE_COLOURS)
    .map(([tone, colours]) => `.t-${tone}{color:${colours[ground]}}`)
    .join('');

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2330;--soft:#5f6672;--ground:#fff;--line:#d9dde3;--band:#f4f6f8}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;font:15px/1.45 system-ui,"DejaVu Sans",sans-serif;color:var(--ink);background:var(--ground)}
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:2px solid var(--line)}h3{font-size:1rem;margin:1.2rem 0 .4rem}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0 0 1rem}dl.facts dt{color:var(--soft)}dl.facts dd{margin:0}
.figures{display:flex;flex-wrap:wrap;gap:.6rem;margin:.8rem 0}.figure{border:1px solid var(--line);border-radius:.4rem;padding:.5rem .8rem;min-width:8rem}
.figure b{display:block;font-size:1.35rem}.figure span{color:var(--soft);font-size:.85rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}th{background:var(--band);vertical-align:bottom}.k{white-space:nowrap}
.r{text-align:right}.note{color:var(--soft);font-size:.85rem}figure{margin:1rem 0}figcaption{font-weight:600}
svg{width:100%;height:auto;max-height:20rem}svg text{font-size:11px;fill:var(--soft)}svg .grid{stroke:var(--line)}
.legend{margin:.2rem 0;font-size:.85rem}.legend span{margin-right:1rem}.legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem}
${tones('light')}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#a7afbb;--ground:#14181f;--line:#353c48;--band:#1e242e}${tones('dark')}}
@media print{body{max-width:none;padding:0;font-size:11px;color-scheme:light;--ink:#000;--soft:#444;--ground:#fff;--line:#bbb;--band:#eee}tr,figure,.figures{break-inside:avoid}h2,h3{break-after:avoid}thead{display:table-header-group}.wide{overflow:visible}}
@page{margin:15mm}`;

function cell(column: DocumentColumn, value: CellValue): string {
  const said = valueText(column, value);
  const classes = [
    ...(isRight(column) ? ['r'] : []),
    ...(column.kind === 'time' ? ['k'] : []),
    ...(column.kind === 'tone' && isTone(said) ? [`t-${said}`] : []),
  ];
  return `<td${classes.length === 0 ? '' : ` class="${classes.join(' ')}"`}>${escapeHtml(said)}</td>`;
}

function table({ title, columns, rows, empty, note }: TableBlock): string {
  const head = columns
    .map((column) => `<th scope="col"${isRight(column) ? ' class="r"' : ''}>${escapeHtml(headText(column))}</th>`)
    .join('');
  const body = rows.map((row) => `<tr>${columns.map((column, i) => cell(column, row[i] ?? null)).join('')}</tr>`).join('\n');
  const shown =
    rows.length === 0
      ? `<p class="note">${escapeHtml(empty)}</p>`
      : `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
  return `<h3>${escapeHtml(oneLine(title))}</h3>${shown}${note === undefined ? '' : `<p class="note">${escapeHtml(oneLine(note))}</p>`}`;
}

const figure = ({ label, value, tone }: Figure): string =>
  `<div class="figure"><b${tone === undefined ? '' : ` class="t-${tone}"`}>${escapeHtml(oneLine(value))}</b><span>${escapeHtml(oneLine(label))}</span></div>`;

function block(of: Block): string {
  switch (of.kind) {
    case 'heading':
      return `<h2>${escapeHtml(oneLine(of.text))}</h2>`;
    case 'text':
      return `<p>${escapeHtml(oneLine(of.text))}</p>`;
    case 'steps':
      return `<h3>${escapeHtml(oneLine(of.title))}</h3><ol>${of.steps.map((step) => `<li>${escapeHtml(oneLine(step))}</li>`).join('')}</ol>`;
    case 'figures':
      return `<div class="figures">${of.figures.map(figure).join('')}</div>`;
    case 'chart':
      return chartSvg(of);
    case 'table':
      return table(shownTable(of));
  }
}

/** One page that needs nothing beside itself: no script, no address, everything from outside escaped. */
export function renderHtml(document: ReportDocument): string {
  const facts = document.facts
    .map(([label, value]) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(oneLine(value))}</dd>`)
    .join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(document.title)}</title><style>${STYLE}</style></head>
<body><h1>${escapeHtml(document.title)}</h1><dl class="facts">${facts}</dl>
${document.blocks.map(block).join('\n')}
</body></html>
`;
}
