import { Controller, Get, Inject, Injectable, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { ClosedPeriod } from '../http/closed-period.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { POOL_POINT_EXAMPLE } from '../series/point.js';
import { LENGTHS_TEXT, PERIOD_EXAMPLE, POINTS_TEXT, WINDOWS_EXAMPLE } from '../series/series.controller.js';
import { SeriesQuery, WindowsQuery } from '../series/series.query.js';
import { SeriesRoutes } from '../series/series.routes.js';
import { SubjectsRepository } from '../series/subjects.repository.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import { SITE_EXAMPLE, siteJson } from '../sites/site-json.js';
import { GROUP_EXAMPLE, groupJson, groupsOf, type GroupNow } from './group-now.js';
import type { GroupLevel } from '../series/levels.js';

/** The routes of one kind of group: what is in each now, and how it went over time. */
@Injectable()
abstract class GroupController {
  protected abstract readonly level: Exclude<GroupLevel, 'org'>;

  constructor(
    @Inject(CurrentStateService) private readonly current: CurrentStateService,
    @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
    @Inject(SeriesRoutes) private readonly routes: SeriesRoutes,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All of them by name, each with its current state, counts and worst sites' })
  @AnswersPage('A page of groups.', GROUP_EXAMPLE)
  async list(@Scope() scope: OrgScope, @Query() query: PageQuery) {
    const after = cursorKey(query, 1)?.[0];
    const groups = groupsOf((await this.current.org(scope)).sites, this.level);
    const found = groups.filter(({ key }) => after === undefined || key > String(after));
    return pageOf(found.slice(0, query.limit + 1), query.limit, { item: groupJson, key: ({ key }) => [key] });
  }

  @Get(':group')
  @ApiOperation({ summary: 'One of them now; a group of the past is still there, with nothing in it' })
  @Answers('As of now.', GROUP_EXAMPLE)
  async one(@Scope() scope: OrgScope, @Param('group') key: string) {
    return groupJson(await this.now(scope, key));
  }

  @Get(':group/sites')
  @ApiOperation({ summary: 'Its sites with their status, in a stable order' })
  @AnswersPage('A page of sites.', SITE_EXAMPLE)
  async sites(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: PageQuery) {
    const after = Number(cursorKey(query, 1)?.[0] ?? 0);
    const { sites } = await this.now(scope, key);
    const found = sites.filter((site) => site.row.id > after);
    return pageOf(found.slice(0, query.limit + 1), query.limit, { item: siteJson, key: ({ row }) => [row.id] });
  }

  @Get(':group/series')
  @ClosedPeriod()
  @ApiOperation({ summary: 'Its circuits together over time; an hour counts for the group its circuit belonged to at the time' })
  @Answers(POINTS_TEXT, { region: 'North', ...PERIOD_EXAMPLE, points: [POOL_POINT_EXAMPLE] })
  async series(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: SeriesQuery) {
    return this.routes.series(scope, await this.subjects.group(scope, this.level, key), query);
  }

  @Get(':group/windows')
  @ClosedPeriod()
  @ApiOperation({ summary: 'Its circuits together in the N whole hours before an explicit end' })
  @Answers(LENGTHS_TEXT, { region: 'North', ...WINDOWS_EXAMPLE, windows: [POOL_POINT_EXAMPLE] })
  async windows(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: WindowsQuery) {
    return this.routes.windows(scope, await this.subjects.group(scope, this.level, key), query);
  }

  private async now(scope: OrgScope, key: string): Promise<GroupNow> {
    const found = groupsOf((await this.current.org(scope)).sites, this.level).find((group) => group.key === key);
    if (found !== undefined) return found;
    await this.subjects.group(scope, this.level, key);
    return { key, sites: [], circuits: [] };
  }
}

@ApiTags('regions')
@Controller('v1/orgs/:org/regions')
class RegionsController extends GroupController {
  protected readonly level = 'region';
}

@ApiTags('store types')
@Controller('v1/orgs/:org/store-types')
class StoreTypesController extends GroupController {
  protected readonly level = 'store_type';
}

@ApiTags('providers')
@Controller('v1/orgs/:org/providers')
class ProvidersController extends GroupController {
  protected readonly level = 'provider';
}

export const GROUP_CONTROLLERS = [RegionsController, StoreTypesController, ProvidersController];
