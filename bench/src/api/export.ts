const MB = 2 ** 20;
/** Rows after which memory has settled; from there on it must not grow with the rows. */
const SETTLED_ROWS = 200_000;
const FLAT_MB = 64;

export interface Exported {
  readonly rows: number;
  readonly rowsPerS: number;
  /** Highest resident memory of the process of the API, in which nothing else was asked for before. */
  readonly rssMb: number;
  /** How much of it came after the first 200,000 rows. */
  readonly growthMb: number;
  readonly isFlat: boolean;
  readonly text: string;
}

/** Reads an export to its end, counts its rows, and watches the memory of the process that makes it. */
export async function exportRows(
  api: { url: string; headers: Readonly<Record<string, string>>; rssBytes(): number },
  path: string,
): Promise<Exported> {
  const start = performance.now();
  const response = await fetch(api.url + path, { headers: { ...api.headers, 'accept-encoding': 'identity' } });
  if (response.status !== 200 || response.body === null)
    throw new Error(`The export answered ${response.status}: ${await response.text()}`);
  let lines = 0;
  let settled = 0;
  let highest = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    for (const byte of chunk) if (byte === 0x0a) lines++;
    highest = Math.max(highest, api.rssBytes());
    if (lines <= SETTLED_ROWS) settled = highest;
  }
  // Without the line of names.
  const rows = lines - 1;
  const [rssMb, growthMb] = [highest / MB, (highest - settled) / MB];
  return {
    rows,
    rowsPerS: rows / ((performance.now() - start) / 1000),
    rssMb,
    growthMb,
    isFlat: rows >= 1_000_000 && growthMb < FLAT_MB,
    text: `${rssMb.toFixed(0)} MB at most, ${growthMb.toFixed(0)} MB of it after the first ${SETTLED_ROWS} rows`,
  };
}
