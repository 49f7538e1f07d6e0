import type { Notification } from '../notification.js';
import type { NoticeLimits } from '../notice.format.js';
import { subjectOf } from './email.format.js';
import { renderHtml } from './email.html.js';
import { renderText } from '../notice.text.js';

export interface Email {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** Both bodies together, as they travel. Some readers cut a mail at 102 KB. */
export const MAX_BODIES_BYTES = 95_000;

/** Tried in order until the mail fits. */
const LIMITS: readonly NoticeLimits[] = [
  { sites: 60, rows: 20, columns: 12 },
  { sites: 40, rows: 10, columns: 12 },
  { sites: 25, rows: 6, columns: 10 },
  { sites: 10, rows: 3, columns: 8 },
  { sites: 5, rows: 1, columns: 6 },
];

/** Fits always: every text in a mail is clipped. */
const LEAST: NoticeLimits = { sites: 1, rows: 0, columns: 0 };

/** The mail of a notification: as much of it as fits, worst first, with the rest counted and linked. */
export function renderEmail(notification: Notification): Email {
  for (const limits of LIMITS) {
    const mail = render(notification, limits);
    if (encodedBytes(mail.html) + encodedBytes(mail.text) <= MAX_BODIES_BYTES) return mail;
  }
  return render(notification, LEAST);
}

const render = (notification: Notification, limits: NoticeLimits): Email => ({
  subject: subjectOf(notification),
  html: renderHtml(notification, limits),
  text: renderText(notification, limits),
});

/** Length in quoted-printable: other bytes than printable ASCII, and `=`, take three; a soft break every 73 characters takes three more. */
function encodedBytes(body: string): number {
  let bytes = 0;
  for (const byte of Buffer.from(body, 'utf8')) bytes += byte === 10 ? 2 : byte === 61 || byte < 32 || byte > 126 ? 3 : 1;
  return Math.ceil(bytes * (1 + 3 / 73));
}
