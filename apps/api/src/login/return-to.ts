const MAX_LENGTH = 1_000;

/**
 * The address a browser is sent to after its login: a path of ours and nothing else. `null` when it is not one. The answer is absolute, because
 * what a browser makes of a path that begins with `//`, `/\` or a tab is another host.
 */
export function ownAddress(path: string, publicUrl: string): string | null {
  if (path.length > MAX_LENGTH || !/^\/(?![/\\])/.test(path) || /[\p{Cc}\\]/u.test(path)) return null;
  if (!URL.canParse(path, publicUrl)) return null;
  const url = new URL(path, publicUrl);
  // A path like `/.//host` becomes `//host` when its dots are taken out.
  return url.origin === new URL(publicUrl).origin && !url.pathname.startsWith('//') ? url.href : null;
}
