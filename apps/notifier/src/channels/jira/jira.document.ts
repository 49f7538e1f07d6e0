import { linksOf } from '../notice.format.js';
import type { Notification } from '../notification.js';
import { ticketText } from '../tickets/ticket-text.js';

/** Jira takes 32,767. */
const MAX_TEXT = 28_000;

/** The notice as a document of Jira: its texts are shown as they are, whatever is in them. `id` tells later whether it is there already. */
export function jiraDocument(notification: Notification, id: string, remarks: readonly string[] = []): object {
  const paragraphs = ticketText(notification, MAX_TEXT).split('\n\n');
  const links = linksOf(notification).map(({ url, text }) => ({
    type: 'text',
    text,
    marks: [{ type: 'link', attrs: { href: url } }],
  }));
  const content = [
    ...paragraphs.map((paragraph) => linesOf(paragraph.split('\n'))),
    ...remarks.map((remark) => linesOf([remark])),
    ...(links.length === 0 ? [] : [{ type: 'paragraph', content: separated(links, { type: 'text', text: ' · ' }) }]),
    { type: 'paragraph', content: [{ type: 'text', text: `mistwatch ${id}`, marks: [{ type: 'em' }] }] },
  ];
  return { type: 'doc', version: 1, content };
}

// Jira refuses empty texts.
const linesOf = (lines: readonly string[]): object => ({
  type: 'paragraph',
  content: separated(
    lines.filter((line) => line !== '').map((text) => ({ type: 'text', text })),
    { type: 'hardBreak' },
  ),
});

const separated = (items: readonly object[], separator: object): object[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [separator, item]));
