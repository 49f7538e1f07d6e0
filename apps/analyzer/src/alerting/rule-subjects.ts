import { circuitName, type AlertRuleId, type AlertSubject, type EpochMs, type Severity } from '@app/domain';
import { loadMemberships, type Queryable, type ThresholdSubject } from '@app/shared';

/** Where something that a rule is about stands now, in the ids that people know. */
export interface RulePlace {
  readonly siteId: number;
  readonly siteName: string;
  readonly circuitId: number | null;
  readonly circuitName: string | null;
  /** What thresholds ask. */
  readonly subject: ThresholdSubject;
  readonly provider: string | null;
}

interface PlaceRow {
  readonly site_id: number;
  readonly site_external_id: string;
  readonly site_name: string;
  readonly circuit_id: number;
  readonly mac: string;
  readonly port_id: string;
  readonly name: string | null;
}

interface Asked {
  readonly orgId: number;
  readonly externalOrgId: string;
  readonly at: EpochMs;
}

/** Places of live circuits of sites that are still there. */
export async function placesOfCircuits(
  db: Queryable,
  asked: Asked,
  circuitIds: readonly number[],
): Promise<Map<number, RulePlace>> {
  if (circuitIds.length === 0) return new Map();
  const { orgId, externalOrgId, at } = asked;
  const rows = await db.query<PlaceRow>(
    `select c.id as circuit_id, c.mac, c.port_id, coalesce(a.name, c.wan_name) as name, s.id as site_id, s.external_id as site_external_id,
       coalesce(s.name, s.external_id) as site_name
     from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id and s.removed_at is null
     left join lateral (select a.name from circuit_attribute a where a.org_id = c.org_id and a.circuit_id = c.id and a.name is not null
       order by a.source = 'configured' desc, a.since desc limit 1) a on true
     where c.org_id = $1 and c.id = any($2) and c.is_live and not c.disabled`,
    [orgId, circuitIds],
  );
  const memberships = await loadMemberships(db, orgId, circuitIds);
  return new Map(
    rows.map((row) => {
      const { region, storeType, provider } = memberships.at(row.circuit_id, row.site_id, at);
      const place: RulePlace = {
        siteId: row.site_id,
        siteName: row.site_name,
        circuitId: row.circuit_id,
        circuitName: row.name ?? circuitName(row.mac, row.port_id),
        subject: { orgId: externalOrgId, siteId: row.site_external_id, region, storeType, mac: row.mac, portId: row.port_id },
        provider,
      };
      return [row.circuit_id, place] as const;
    }),
  );
}

/** Places of sites that are still there. */
export async function placesOfSites(db: Queryable, asked: Asked, siteIds: readonly number[]): Promise<Map<number, RulePlace>> {
  if (siteIds.length === 0) return new Map();
  const { orgId, externalOrgId, at } = asked;
  const rows = await db.query<{ id: number; external_id: string; name: string }>(
    'select id, external_id, coalesce(name, external_id) as name from site where org_id = $1 and id = any($2) and removed_at is null',
    [orgId, siteIds],
  );
  const memberships = await loadMemberships(db, orgId, []);
  return new Map(
    rows.map(({ id, external_id: siteId, name }) => {
      const { region, storeType } = memberships.at(0, id, at);
      const subject = { orgId: externalOrgId, siteId, region, storeType, mac: null, portId: null };
      return [id, { siteId: id, siteName: name, circuitId: null, circuitName: null, subject, provider: null }] as const;
    }),
  );
}

/** What the scope of a rule asks. */
export function subjectAt(rule: AlertRuleId, place: RulePlace, severity: Severity = 'unknown'): AlertSubject {
  const { subject, provider } = place;
  return {
    rule,
    severity,
    org: subject.orgId,
    site: subject.siteId,
    region: subject.region,
    storeType: subject.storeType,
    circuits: subject.mac === null || subject.portId === null ? [] : circuitIdsOf(subject.mac, subject.portId),
    providers: provider === null ? [] : [provider],
    metrics: [],
  };
}

/** People write a circuit either way. */
const circuitIdsOf = (mac: string, portId: string): string[] => [`${mac}:${portId}`, `${mac}/${portId}`];
