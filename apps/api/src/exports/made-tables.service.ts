import { Inject, Injectable } from '@nestjs/common';
import type { ExportRow } from '@app/domain';
import type { AskedExport, SiteNow } from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import { invalid } from '../http/problem.js';
import { OffendersService } from '../rankings/offenders.service.js';
import { MAX_TOP, OffendersQuery, RankingsQuery, type PeriodQuery } from '../rankings/rankings.query.js';
import { RankingsService } from '../rankings/rankings.service.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import type { MadeTable } from './catalogue.js';
import type { ExportQuery } from './exports.query.js';
import { ExportsRepository } from './exports.repository.js';
import { CIRCUIT_COLUMNS, SITE_COLUMNS, type CircuitOfSite } from './tables/now.js';
import { OUTAGE_COLUMNS } from './tables/outages.js';
import { OFFENDER_COLUMNS, RANKING_COLUMNS } from './tables/ranked.js';
import { rowOf } from './value-column.js';

type Rows = AsyncGenerator<readonly ExportRow[]>;
type Make = (scope: OrgScope, asked: AskedExport, query: ExportQuery) => Rows;

/** Tables whose rows come from the same services as the lists of the API. */
@Injectable()
export class MadeTables {
  constructor(
    @Inject(ExportsRepository) private readonly exports: ExportsRepository,
    @Inject(CurrentStateService) private readonly state: CurrentStateService,
    @Inject(RankingsService) private readonly rankings: RankingsService,
    @Inject(OffendersService) private readonly chronic: OffendersService,
  ) {}

  rows(table: MadeTable, scope: OrgScope, { asked, query }: { asked: AskedExport; query: ExportQuery }): Rows {
    return this.made[table](scope, asked, query);
  }

  private readonly made: Readonly<Record<MadeTable, Make>> = {
    circuits: (scope, asked) => this.circuitRows(scope, asked),
    sites: (scope, asked) => this.siteRows(scope, asked),
    outages: (scope, asked) => this.outageRows(scope, asked),
    rankings: (scope, asked, query) => this.rankingRows(scope, asked, query),
    offenders: (scope, asked, query) => this.offenderRows(scope, asked, query),
  };

  private async *siteRows(scope: OrgScope, asked: AskedExport): Rows {
    yield (await this.sites(scope, asked)).map((site) => rowOf(SITE_COLUMNS, site));
  }

  private async *circuitRows(scope: OrgScope, asked: AskedExport): Rows {
    yield (await this.circuitsNow(scope, asked)).map((circuit) => rowOf(CIRCUIT_COLUMNS, circuit));
  }

  private async *outageRows(scope: OrgScope, asked: AskedExport): Rows {
    const circuits = await this.exports.outageCircuits(scope, asked);
    for await (const outages of this.exports.outages(scope, circuits, asked))
      yield outages.map((outage) => rowOf(OUTAGE_COLUMNS, outage));
  }

  private async *rankingRows(scope: OrgScope, asked: AskedExport, query: ExportQuery): Rows {
    const { by, stat } = query;
    if (by === undefined) throw invalid('by', 'by is missing: what shall they be ranked by?');
    const ranked = Object.assign(new RankingsQuery(), periodQuery(asked, query), {
      by,
      of: query.of ?? 'circuits',
      top: MAX_TOP,
    });
    const { items } = await this.rankings.rank(scope, stat === undefined ? ranked : Object.assign(ranked, { stat }));
    yield items.map((item) => rowOf(RANKING_COLUMNS, item));
  }

  private async *offenderRows(scope: OrgScope, asked: AskedExport, query: ExportQuery): Rows {
    const { by } = query;
    if (by === undefined || by === 'failovers') throw invalid('by', 'by must be the KPI by which they were bad');
    if (query.stat !== undefined) throw invalid('stat', 'offenders has no stat');
    const chronic = Object.assign(new OffendersQuery(), periodQuery(asked, query), {
      by,
      of: query.of ?? 'circuits',
      top: MAX_TOP,
    });
    const { items } = await this.chronic.chronic(scope, chronic);
    yield items.map((item) => rowOf(OFFENDER_COLUMNS, item));
  }

  private async sites(scope: OrgScope, { filters }: AskedExport): Promise<readonly SiteNow[]> {
    const { sites } = await this.state.org(scope);
    return sites.filter(
      ({ row, region }) =>
        (filters.site === undefined || row.id === filters.site) && (filters.region === undefined || region === filters.region),
    );
  }

  private async circuitsNow(scope: OrgScope, asked: AskedExport): Promise<CircuitOfSite[]> {
    const { circuit: key, provider } = asked.filters;
    const sites = await this.sites(scope, asked);
    return sites
      .flatMap((site) => site.circuits.map((circuit) => ({ circuit, site })))
      .filter(({ circuit: { row } }) => key === undefined || row.id === key)
      .filter(({ circuit: { row } }) => provider === undefined || row.provider === provider);
  }
}

/** The period of an export, as rankings ask for theirs. */
const periodQuery = ({ from, to }: AskedExport, { site, region, provider }: ExportQuery): PeriodQuery => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
  ...(site === undefined ? {} : { site }),
  ...(region === undefined ? {} : { region }),
  ...(provider === undefined ? {} : { provider }),
});
