import autocannon from 'autocannon';
import { mustBe } from '../rig.js';

/** As many as dashboards, portals and scripts that ask at once. */
export const CLIENTS = 20;

export interface Load {
  readonly requestsPerS: number;
  readonly p99Ms: number;
}

export interface Requests {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  /** The only status that counts as an answer. */
  readonly status?: number;
  readonly clients?: number;
}

/** Load from a thread of its own, so that client and server do not share an event loop. */
export async function load({ url, headers, paths, status = 200, clients = CLIENTS }: Requests, seconds: number): Promise<Load> {
  const requests = paths.map((path) => ({ method: 'GET' as const, path, headers: { ...headers } }));
  const result = await autocannon({ url, connections: clients, duration: seconds, requests, workers: 1 });
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0;
  mustBe('number of failed requests', result.errors + result.timeouts + (result.requests.total - answered), 0);
  if (answered === 0) throw new Error(`Nothing was answered within ${seconds} s.`);
  return { requestsPerS: result.requests.average, p99Ms: result.latency.p99 };
}
