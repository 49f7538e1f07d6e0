import { Controller, Get, Inject, Param, Query, type Type } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { Answers, AnswersPage } from '../http/answers.js';
import { cursorKey, PageQuery, pageOf } from '../http/paging.js';
import { LENGTHS_TEXT, PERIOD_EXAMPLE, POINTS_TEXT, WINDOWS_EXAMPLE } from '../series/series.controller.js';
import { POOL_POINT_EXAMPLE } from '../series/point.js';
import { SeriesQuery, WindowsQuery } from '../series/series.query.js';
import { SeriesRoutes } from '../series/series.routes.js';
import { LEVEL_OF_PATH, type GroupPath } from '../series/subject.js';
import { SubjectsRepository } from '../series/subjects.repository.js';
import { CurrentStateService } from '../sites/current-state.service.js';
import { SITE_EXAMPLE, siteJson } from '../sites/site-json.js';
import { GROUP_EXAMPLE, groupJson, groupsOf } from './group-now.js';

/** The routes of one kind of group: what is in each now, and how it went over time. */
function groupController(path: GroupPath, word: string): Type<unknown> {
  const level = LEVEL_OF_PATH[path];

  @ApiTags('groups')
  @Controller(`v1/orgs/:org/${path}`)
  class GroupController {
    constructor(
      @Inject(CurrentStateService) private readonly current: CurrentStateService,
      @Inject(SubjectsRepository) private readonly subjects: SubjectsRepository,
      @Inject(SeriesRoutes) private readonly routes: SeriesRoutes,
    ) {}

    @Get()
    @ApiOperation({ summary: `Every ${word} with its current state, counts and worst sites, by name` })
    @AnswersPage('A page of them.', GROUP_EXAMPLE)
    async list(@Scope() scope: OrgScope, @Query() query: PageQuery) {
      const after = cursorKey(query, 1)?.[0];
      const groups = groupsOf((await this.current.org(scope)).sites, level);
      const found = groups.filter(({ key }) => after === undefined || key > String(after));
      return pageOf(found.slice(0, query.limit + 1), query.limit, { item: groupJson, key: ({ key }) => [key] });
    }

    @Get(':group')
    @ApiOperation({ summary: `One ${word} now` })
    @Answers('As of now; without sites when it holds none any more.', GROUP_EXAMPLE)
    async one(@Scope() scope: OrgScope, @Param('group') key: string) {
      return groupJson(await this.now(scope, key));
    }

    @Get(':group/sites')
    @ApiOperation({ summary: `Sites of a ${word} with their status, in a stable order` })
    @AnswersPage('A page of sites.', SITE_EXAMPLE)
    async sites(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: PageQuery) {
      const after = Number(cursorKey(query, 1)?.[0] ?? 0);
      const { sites } = await this.now(scope, key);
      const found = sites.filter((site) => site.row.id > after);
      return pageOf(found.slice(0, query.limit + 1), query.limit, { item: siteJson, key: ({ row }) => [row.id] });
    }

    @Get(':group/series')
    @ApiOperation({ summary: `The circuits of a ${word} together over time: an hour counts for the ${word} of its time` })
    @Answers(POINTS_TEXT, { [level]: 'North', ...PERIOD_EXAMPLE, points: [POOL_POINT_EXAMPLE] })
    async series(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: SeriesQuery) {
      return this.routes.series(scope, await this.subjects.group(scope, level, key), query);
    }

    @Get(':group/windows')
    @ApiOperation({ summary: `The circuits of a ${word} together in the N whole hours before an explicit end` })
    @Answers(LENGTHS_TEXT, { [level]: 'North', ...WINDOWS_EXAMPLE, windows: [POOL_POINT_EXAMPLE] })
    async windows(@Scope() scope: OrgScope, @Param('group') key: string, @Query() query: WindowsQuery) {
      return this.routes.windows(scope, await this.subjects.group(scope, level, key), query);
    }

    private async now(scope: OrgScope, key: string) {
      const found = groupsOf((await this.current.org(scope)).sites, level).find((group) => group.key === key);
      if (found !== undefined) return found;
      // A group of the past is still there, with nothing in it.
      await this.subjects.group(scope, level, key);
      return { key, sites: [], circuits: [] };
    }
  }
  // The document names operations by their class.
  Object.defineProperty(GroupController, 'name', { value: `${path.replace('-', '_')}Controller` });
  return GroupController;
}

export const GROUP_CONTROLLERS = [
  groupController('regions', 'region'),
  groupController('store-types', 'store type'),
  groupController('providers', 'provider'),
];
