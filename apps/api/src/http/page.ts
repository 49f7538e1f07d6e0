import { createHash } from 'node:crypto';

const STYLE = `:root{color-scheme:light dark}
body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0;padding:1.5rem;background:#f4f5f7;color:#1a1d21}
main{max-width:34rem;margin:2rem auto;padding:1.5rem 1.75rem;background:#fff;border-radius:.5rem;border-top:.4rem solid #5b6470}
main.critical{border-color:#b00020}main.major{border-color:#b35900}main.warning{border-color:#8a6d00}main.good{border-color:#1b6e3c}
h1{font-size:1.3rem;line-height:1.3;margin:0 0 .75rem}dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:1rem 0}
dt{color:#5b6470}dd{margin:0;overflow-wrap:anywhere}p{overflow-wrap:anywhere}
button{font:inherit;font-weight:600;padding:.75rem 1.5rem;border:0;border-radius:.375rem;background:#0b57d0;color:#fff;cursor:pointer}
button:hover{background:#0842a0}button:focus-visible{outline:3px solid #0b57d0;outline-offset:3px}
@media (prefers-color-scheme:dark){body{background:#16181c;color:#e6e8eb}main{background:#22252a}dt{color:#a6adb7}
button{background:#a8c7fa;color:#062e6f}button:hover{background:#c4d9fc}button:focus-visible{outline-color:#a8c7fa}}`;

/** Nothing but our own style may load, nothing may frame the page, and its form goes to us alone. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-robots-tag': 'noindex, nofollow',
};

/** What a page says. */
export interface PageContent {
  readonly heading: string;
  /** A severity, `good`, or `none`. */
  readonly tone: string;
  /** HTML; texts in it are escaped. */
  readonly body: string;
}

/** A page for people, complete: no script, no image, nothing from elsewhere. */
export function renderContent({ heading, tone, body }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escaped(heading)} - mistwatch</title>
<style>${STYLE}</style>
</head>
<body>
<main class="${escaped(tone)}">
<h1>${escaped(heading)}</h1>
${body}
</main>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
// Marks that turn the direction of the text around them could show another sentence than there is.
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
/** A text as it stands, for a page. */
export const escaped = (text: string): string => text.replace(UNSAFE, ' ').replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c);
