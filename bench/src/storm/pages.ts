import { startMistCloud, type MistCloud } from '@app/mist-cloud';

type Page = readonly unknown[];
type Envelope = { readonly results: Page; readonly next?: string };

const PAGE_SIZE = 1_000;
const PORTS = ['ge-0/0/0', 'ge-0/0/1'];

/** The WAN ports of every gateway as they are polled, page by page. */
export interface StormPages {
  readonly before: readonly Page[];
  readonly down: readonly Page[];
  readonly after: readonly Page[];
}

/** When each of the three polls is made. */
export interface StormTimes {
  readonly before: number;
  readonly down: number;
  readonly after: number;
}

async function pollAt({ url, orgs: [org], clock }: MistCloud, at: number): Promise<Page[]> {
  if (org === undefined) throw new Error('The simulated cloud has no organization.');
  clock.set(at);
  const pages: Page[] = [];
  for (const portId of PORTS) {
    const query = new URLSearchParams({ type: 'gateway', port_id: portId, limit: String(PAGE_SIZE) });
    let next: string | undefined = `/api/v1/orgs/${org.id}/stats/ports/search?${query.toString()}`;
    while (next !== undefined) {
      const response = await fetch(new URL(next, url), { headers: { authorization: `Token ${org.token}` } });
      const envelope = (await response.json()) as Envelope;
      pages.push(envelope.results);
      next = envelope.next;
    }
  }
  return pages;
}

/** What the simulated cloud answers before, while and after both circuits of every site are down. */
export async function stormPages(sites: number, times: StormTimes): Promise<StormPages> {
  const cloud = await startMistCloud({
    orgs: [{ sites, circuitsPerSite: PORTS.length, apsPerSite: 0 }],
    startAt: times.before,
    requestsPerHour: 1_000_000,
  });
  try {
    const span = { from: times.down - 1_000, to: times.after - 1_000 };
    for (let site = 0; site < sites; site += 1)
      for (const portId of PORTS) cloud.scenario.add({ kind: 'circuit-down', site, portId, ...span });
    return {
      before: await pollAt(cloud, times.before),
      down: await pollAt(cloud, times.down),
      after: await pollAt(cloud, times.after),
    };
  } finally {
    await cloud.close();
  }
}
