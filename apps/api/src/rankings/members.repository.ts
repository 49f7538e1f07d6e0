import { Inject, Injectable } from '@nestjs/common';
import { circuitName, kpiOf, severityOf, UNASSIGNED_REGION, type Severity } from '@app/domain';
import {
  CLOCK,
  Database,
  orgSubject,
  SETTINGS,
  thresholdsOf,
  type Clock,
  type Settings,
  type ThresholdSubject,
  byTrust,
} from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { MemberKind } from './period-source.js';
import { judgedBy, type RankedBy } from './ranking.js';
import type { Member } from './rankings.repository.js';

/** How a member is shown, and which thresholds hold for it now. */
export interface MemberNow {
  readonly id: string;
  readonly json: Readonly<Record<string, string | number | null>>;
  readonly subject: ThresholdSubject;
}

interface CircuitRow {
  readonly key: number;
  readonly mac: string;
  readonly port_id: string;
  readonly name: string | null;
  readonly role: string | null;
  readonly provider: string | null;
  readonly site_id: string;
  readonly site_name: string | null;
  readonly region: string | null;
  readonly store_type: string | null;
}

interface SiteRow {
  readonly key: number;
  readonly id: string;
  readonly name: string | null;
  readonly region: string | null;
  readonly store_type: string | null;
}

const ORDER = `order by ${byTrust('t.source')}, t.since desc`;
const valid = (column: string): string =>
  `(array_agg(t.${column} ${ORDER}) filter (where t.${column} is not null))[1] as ${column}`;
const OF_SITE = `left join lateral (select ${valid('region')}, ${valid('store_type')} from site_attribute t
  where t.org_id = $1 and t.site_id = s.id and t.since <= $3) g on true`;

/** Looks up what is shown of a few ranked members. */
@Injectable()
export class MembersRepository extends ScopedRepository {
  constructor(
    @Inject(Database) database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    super(database);
  }

  /** How bad a figure is for a member; failovers have no thresholds. */
  severityOf(by: RankedBy, { subject }: MemberNow, value: number): Severity | null {
    const kpi = judgedBy(by);
    return kpi === null ? null : severityOf(value, thresholdsOf(this.settings, kpi, subject), kpiOf(kpi).worse);
  }

  async now(scope: OrgScope, of: MemberKind, members: readonly Member[]): Promise<Map<Member, MemberNow>> {
    if (of === 'circuits') return this.circuits(scope, members);
    if (of === 'sites') return this.sites(scope, members);
    return new Map(members.map((member) => [member, groupNow(scope, of, String(member))]));
  }

  private async circuits(scope: OrgScope, members: readonly Member[]): Promise<Map<Member, MemberNow>> {
    const rows = await this.rows<CircuitRow>(
      scope,
      `select c.id as key, c.mac, c.port_id, coalesce(a.name, c.wan_name) as name, a.role, a.provider, s.external_id as site_id, s.name as site_name,
         coalesce(g.region, s.country_code) as region, g.store_type
       from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
       left join lateral (select ${valid('name')}, ${valid('role')}, ${valid('provider')} from circuit_attribute t
         where t.org_id = $1 and t.circuit_id = c.id and t.since <= $3 and t.until > $3) a on true
       ${OF_SITE} where c.org_id = $1 and c.id = any($2)`,
      [members, new Date(this.clock.now())],
    );
    return new Map(
      rows.map(({ key, mac, port_id: portId, store_type: storeType, ...row }) => {
        const region = row.region ?? UNASSIGNED_REGION;
        const id = circuitName(mac, portId);
        const subject = { orgId: scope.externalId, siteId: row.site_id, region, storeType, mac, portId };
        return [key, { id, json: { id, key, ...row, region, store_type: storeType }, subject }];
      }),
    );
  }

  private async sites(scope: OrgScope, members: readonly Member[]): Promise<Map<Member, MemberNow>> {
    const rows = await this.rows<SiteRow>(
      scope,
      `select s.id as key, s.external_id as id, s.name, coalesce(g.region, s.country_code) as region, g.store_type
       from site s ${OF_SITE} where s.org_id = $1 and s.id = any($2)`,
      [members, new Date(this.clock.now())],
    );
    return new Map(
      rows.map(({ key, id, name, store_type: storeType, ...row }) => {
        const region = row.region ?? UNASSIGNED_REGION;
        const subject = { ...orgSubject(scope.externalId), siteId: id, region, storeType };
        return [key, { id, json: { id, name, region, store_type: storeType }, subject }];
      }),
    );
  }
}

function groupNow(scope: OrgScope, of: MemberKind, id: string): MemberNow {
  const subject = orgSubject(scope.externalId);
  const place = of === 'regions' ? { region: id } : of === 'store_types' ? { storeType: id } : {};
  return { id, json: { id, name: id }, subject: { ...subject, ...place } };
}
