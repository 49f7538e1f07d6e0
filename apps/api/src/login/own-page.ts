/** A header that no page of another origin can send without asking us first, and we never allow it. */
export const OWN_PAGE_HEADER = 'x-requested-with';
export const OWN_PAGE_VALUE = 'mistwatch';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Whether a change that comes with the cookie of a session comes from our own pages. The browser sends the cookie by itself, so that another
 * proof is needed: our header, and the browser's own word for where the request came from.
 */
export function isFromOwnPage(headers: Headers, publicUrl: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (headers[OWN_PAGE_HEADER] !== OWN_PAGE_VALUE) return false;
  if (origin === undefined && site === undefined) return false;
  return (origin === undefined || origin === publicUrl) && (site === undefined || site === 'same-origin');
}
