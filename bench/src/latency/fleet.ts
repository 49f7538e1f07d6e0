import { startMistCloud, type MistCloud } from '@app/mist-cloud';
import { upsertOrg, type BatchKind } from '@app/shared';
import { batchOf } from '../ingest/shape.js';
import { reached, type Rig } from '../rig.js';

type Envelope = { readonly results: readonly unknown[]; readonly next?: string };

const PAGE_SIZE = 1_000;
const PORTS = ['ge-0/0/0', 'ge-0/0/1'];

/** The gateway of a site, which a webhook can say is gone. */
export interface FleetGateway {
  readonly mac: string;
  readonly name: string;
  readonly siteId: string;
  readonly siteName: string;
}

/** Sites of a simulated cloud, and their polls as a collector puts them on the queue. */
export class Fleet {
  private constructor(
    private readonly rig: Rig,
    private readonly cloud: MistCloud,
    readonly org: string,
    private readonly token: string,
  ) {}

  static async start(rig: Rig, org: string, sites: number): Promise<Fleet> {
    await upsertOrg(rig.database, { externalId: org, name: 'Example Retail' });
    const cloud = await startMistCloud({
      orgs: [{ id: org, sites, circuitsPerSite: PORTS.length, apsPerSite: 0 }],
      clock: { kind: 'following', speed: 1 },
      startAt: rig.clock.now(),
      requestsPerHour: 1_000_000,
    });
    return new Fleet(rig, cloud, org, cloud.orgs[0]?.token ?? '');
  }

  close(): Promise<void> {
    return this.cloud.close();
  }

  /** Everything is polled once, so that sites, gateways and circuits are known; waits until it is stored. */
  async makeKnown(): Promise<void> {
    const pages = (await this.poll('sites', '/sites?limit=1000')) + (await this.poll('gateways', '/stats/devices?type=gateway'));
    await this.stored(pages + (await this.pollPorts()));
    await this.rig.database.query('analyze');
  }

  /** A poll of the WAN ports of all sites goes onto the queue. Returns how many pages it has. */
  async pollPorts(): Promise<number> {
    let pages = 0;
    for (const port of PORTS) pages += await this.poll('wan-ports', `/stats/ports/search?type=gateway&port_id=${port}`, pages);
    return pages;
  }

  /** Batches of polls that are stored. */
  async stored(atLeast: number): Promise<void> {
    const sql = `select count(*)::int as count from batch where batch_id not like 'webhook.%' and org_id = (select id from org where external_id = $1)`;
    await reached(this.rig.database, atLeast, { sql, values: [this.org] });
  }

  /** Of sites with a single one: a site is down when all of its gateways are. */
  gateways(): Promise<FleetGateway[]> {
    return this.rig.database.query<FleetGateway & { [column: string]: unknown }>(
      `select min(d.mac) as mac, min(coalesce(d.name, d.mac)) as name, s.external_id as "siteId", s.name as "siteName"
       from device d join site s on s.org_id = d.org_id and s.id = d.site_id join org o on o.id = d.org_id
       where o.external_id = $1 and d.type = 'gateway' group by s.org_id, s.id having count(*) = 1 order by s.id`,
      [this.org],
    );
  }

  private async poll(kind: BatchKind, path: string, firstPage = 0): Promise<number> {
    const observedAt = this.rig.clock.now();
    let next: string | undefined = `/api/v1/orgs/${this.org}${path}${path.includes('limit=') ? '' : `&limit=${PAGE_SIZE}`}`;
    let page = firstPage;
    for (; next !== undefined; page++) {
      const response = await fetch(new URL(next, this.cloud.url), { headers: { authorization: `Token ${this.token}` } });
      const answer = (await response.json()) as Envelope | readonly unknown[];
      const records = 'results' in answer ? answer.results : answer;
      const batch = batchOf({ org: this.org, kind, page, observedAt, records });
      await this.rig.publisher.publish('ingest-batch', { ...batch, batchId: `${kind}-${batch.batchId}` });
      next = 'results' in answer ? answer.next : undefined;
    }
    return page - firstPage;
  }
}
