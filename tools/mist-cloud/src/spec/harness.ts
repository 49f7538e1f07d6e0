import { type MistCloud, type MistCloudOptions, startMistCloud } from '../index.js';

export const HOUR = 3_600_000;
export const START = Date.UTC(2026, 2, 4, 9);
export type Row = Record<string, unknown>;
export type Envelope = { results: Row[]; total: number; next?: string };

const clouds: MistCloud[] = [];

/** Starts a simulator that `stopAll` ends. */
export const start = async (options: MistCloudOptions = {}): Promise<MistCloud> => {
  const cloud = await startMistCloud({ startAt: START, ...options });
  clouds.push(cloud);
  return cloud;
};

/** Ends every simulator of the spec. */
export const stopAll = async (): Promise<void> => {
  await Promise.all(clouds.splice(0).map((cloud) => cloud.close()));
};

/** The first organisation. */
export const orgOf = (cloud: MistCloud): { id: string; token: string } => cloud.orgs[0] ?? { id: '', token: '' };

/** Calls with the first organisation's token. */
export const call = (cloud: MistCloud, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(cloud.url + path, { ...init, headers: { authorization: `Token ${orgOf(cloud).token}`, ...init.headers } });

/** The body of an answer that must be 200. */
export const get = async <T>(cloud: MistCloud, path: string): Promise<T> => {
  const response = await call(cloud, path);
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
};

/** A path below the first organisation. */
export const orgPath = (cloud: MistCloud, rest: string): string => `/api/v1/orgs/${orgOf(cloud).id}${rest}`;

/** One row of the port search. */
export const wanRow = async (cloud: MistCloud, mac: string, portId: string): Promise<Row> => {
  const found = await get<Envelope>(
    cloud,
    orgPath(cloud, `/stats/ports/search?type=gateway&mac=${mac}&port_id=${encodeURIComponent(portId)}`),
  );
  return found.results[0] ?? {};
};

/** Keys of a circuit by the number of its site and its slot there. */
export const circuit = (cloud: MistCloud, site: number, slot = 0): { siteId: string; mac: string; portId: string } => {
  const siteId = cloud.truth.sites(orgOf(cloud).id)[site]?.siteId ?? '';
  const row = cloud.truth.circuits(orgOf(cloud).id).filter((item) => item.siteId === siteId)[slot];
  return { siteId, mac: row?.mac ?? '', portId: row?.portId ?? '' };
};
