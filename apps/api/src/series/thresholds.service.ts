import { Inject, Injectable } from '@nestjs/common';
import { HOURLY_KPIS, UNASSIGNED_REGION, type HourlyKpi, type ThresholdMetric, type Thresholds } from '@app/domain';
import {
  circuitThresholds,
  CLOCK,
  Database,
  orgSubject,
  SETTINGS,
  thresholdsByPlace,
  thresholdsOf,
  type Clock,
  type Settings,
  type ThresholdSubject,
} from '@app/shared';
import { ScopedRepository, type OrgScope } from '../access/org-scope.js';
import type { MemberKind } from '../rankings/period-source.js';
import type { ThresholdSet } from './cell.js';

/** Thresholds of all circuits of an org. */
export interface ThresholdBook {
  /** What holds where nothing nearer says otherwise. */
  readonly org: ThresholdSet;
  of(circuit: number): ThresholdSet;
  readonly lowest: Readonly<Record<HourlyKpi, number>>;
  /** Circuits whose thresholds differ from the org's. */
  readonly others: ReadonlyMap<number, ThresholdSet>;
}

interface PlaceRow {
  readonly id: number;
  readonly mac: string;
  readonly port_id: string;
  readonly site_key: number;
  readonly site_id: string;
  readonly region: string | null;
  readonly store_type: string | null;
}

const newest = (column: string): string =>
  `(array_agg(a.${column} order by a.source, a.since desc) filter (where a.${column} is not null))[1]`;

@Injectable()
export class ThresholdBooks extends ScopedRepository {
  constructor(
    @Inject(Database) database: Database,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super(database);
  }

  /** Without overrides nearer than the org nobody has to be looked up. */
  async of(scope: OrgScope): Promise<ThresholdBook> {
    const org = circuitThresholds(this.settings, orgSubject(scope.externalId));
    const { regions, storeTypes, sites, circuits } = this.settings.thresholds;
    const hasNearer = [regions, storeTypes, sites, circuits].some((layer) => Object.keys(layer).length > 0);
    const others = hasNearer ? await this.others(scope, org) : new Map<number, ThresholdSet>();
    const sets = [org, ...others.values()];
    const lowest = Object.fromEntries(HOURLY_KPIS.map((kpi) => [kpi, Math.min(...sets.map((set) => set[kpi].warning))]));
    return { org, others, of: (circuit) => others.get(circuit) ?? org, lowest: lowest as Record<HourlyKpi, number> };
  }

  hourlyOf(subject: ThresholdSubject): ThresholdSet {
    return circuitThresholds(this.settings, subject);
  }

  thresholdsOf(metric: ThresholdMetric, subject: ThresholdSubject): Thresholds {
    return thresholdsOf(this.settings, metric, subject);
  }

  /** Where each member stands, if anything nearer than the org may set its thresholds; of circuits and sites by key, of groups by name. */
  async subjects(scope: OrgScope, of: MemberKind): Promise<Map<number | string, ThresholdSubject>> {
    const { regions, storeTypes, sites, circuits } = this.settings.thresholds;
    const org = orgSubject(scope.externalId);
    if (of === 'regions') return new Map(Object.keys(regions).map((region) => [region, { ...org, region }]));
    if (of === 'store_types') return new Map(Object.keys(storeTypes).map((storeType) => [storeType, { ...org, storeType }]));
    if (of === 'providers' || [regions, storeTypes, sites, circuits].every((layer) => Object.keys(layer).length === 0))
      return new Map();
    const rows = await this.places(scope);
    return new Map(
      rows.map((row) => {
        const place = { ...org, siteId: row.site_id, storeType: row.store_type, region: row.region ?? UNASSIGNED_REGION };
        return of === 'sites' ? [row.site_key, place] : [row.id, { ...place, mac: row.mac, portId: row.port_id }];
      }),
    );
  }

  private places(scope: OrgScope): Promise<PlaceRow[]> {
    return this.rows<PlaceRow>(
      scope,
      `select c.id, c.mac, c.port_id, s.id as site_key, s.external_id as site_id, coalesce(g.region, s.country_code) as region, g.store_type
       from circuit c join site s on s.org_id = c.org_id and s.id = c.site_id
       left join (select a.site_id, ${newest('region')} as region, ${newest('store_type')} as store_type
         from site_attribute a where a.org_id = $1 and a.since <= $2 group by a.site_id) g on g.site_id = s.id
       where c.org_id = $1`,
      [new Date(this.clock.now())],
    );
  }

  private async others(scope: OrgScope, org: ThresholdSet): Promise<Map<number, ThresholdSet>> {
    const rows = await this.places(scope);
    const thresholdsOf = thresholdsByPlace(this.settings);
    const setOf = ({ site_id: siteId, store_type: storeType, port_id: portId, mac, region }: PlaceRow): ThresholdSet =>
      thresholdsOf({ orgId: scope.externalId, siteId, storeType, mac, portId, region: region ?? UNASSIGNED_REGION });
    const asText = JSON.stringify(org);
    const found = rows.map((row) => [row.id, setOf(row)] as const);
    return new Map(found.filter(([, set]) => JSON.stringify(set) !== asText));
  }
}
