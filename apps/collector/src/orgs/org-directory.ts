import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK, Database, PermanentError, upsertOrg, type Clock } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings, type OrgSource } from '../collector.settings.js';
import { MistClients } from '../mist/mist-clients.js';

/** An org as it is collected: Mist's id of it and our key. */
export interface CollectedOrg {
  readonly id: string;
  readonly rowId: number;
  readonly source: OrgSource;
}

/** A token that did not show its org is asked again after this. */
const ASK_AGAIN_MS = 10 * 60_000;

interface Privilege {
  readonly orgId: string;
  readonly name: string;
}

function privilegesIn(body: unknown): Privilege[] {
  if (typeof body !== 'object' || body === null || !('privileges' in body) || !Array.isArray(body.privileges)) return [];
  return body.privileges.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('org_id' in entry) || typeof entry.org_id !== 'string') return [];
    return [{ orgId: entry.org_id, name: 'org_name' in entry && typeof entry.org_name === 'string' ? entry.org_name : '' }];
  });
}

/** The org a token is for: the only one it sees. Several need a choice that is not ours. */
export function onlyOrg(body: unknown, baseUrl: string): Privilege {
  const found = new Map(privilegesIn(body).map((privilege) => [privilege.orgId, privilege]));
  const [first] = found.values();
  if (first !== undefined && found.size === 1) return first;
  const seen = [...found.values()].map(({ orgId, name }) => `${orgId}${name === '' ? '' : ` (${name})`}`).join(', ');
  const problem = found.size === 0 ? 'sees no organization' : `sees ${found.size} organizations: ${seen}`;
  throw new PermanentError(
    'ORG_NOT_UNIQUE',
    `The token for ${baseUrl} ${problem}. Set "id" of this entry under orgs to the one to collect.`,
  );
}

/** The orgs of the configuration, made known to the database; those without an id are found out from their token. */
@Injectable()
export class OrgDirectory {
  private readonly logger = new Logger(OrgDirectory.name);
  private readonly known = new Map<OrgSource, CollectedOrg>();
  private readonly failedAt = new Map<OrgSource, number>();

  constructor(
    @Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings,
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly clients: MistClients,
  ) {}

  /** All that are known by now. An org that cannot be found out is logged and asked for again later; the others go on. */
  async list(): Promise<CollectedOrg[]> {
    for (const source of this.settings.orgs) await this.makeKnown(source);
    return [...this.known.values()];
  }

  async find(orgId: string): Promise<CollectedOrg | null> {
    const known = [...this.known.values()].find(({ id }) => id === orgId);
    return known ?? (await this.list()).find(({ id }) => id === orgId) ?? null;
  }

  private async makeKnown(source: OrgSource): Promise<void> {
    if (this.known.has(source) || this.clock.now() < (this.failedAt.get(source) ?? -Infinity) + ASK_AGAIN_MS) return;
    const found = source.id === null ? await this.discover(source) : { orgId: source.id, name: '' };
    if (found === null) return;
    const name = source.name ?? (found.name === '' ? null : found.name);
    const row = await upsertOrg(this.database, {
      externalId: found.orgId,
      ...(name === null ? {} : { name }),
      ...(source.reportingTimezone === null ? {} : { reportingTimezone: source.reportingTimezone }),
    });
    this.known.set(source, { id: found.orgId, rowId: row.id, source });
  }

  private async discover(source: OrgSource): Promise<Privilege | null> {
    const client = this.clients.open(source, null);
    try {
      return onlyOrg((await client.get(client.url('/api/v1/self'))).body, source.baseUrl);
    } catch (error) {
      this.failedAt.set(source, this.clock.now());
      this.logger.error({
        message: `An organization is not collected: ${error instanceof Error ? error.message : String(error)}`,
        error,
      });
      return null;
    }
  }
}
