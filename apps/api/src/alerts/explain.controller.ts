import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { explainAlert, explainSubject, type StoryLine } from '@app/domain';
import {
  CLOCK,
  Database,
  loadAlertStory,
  loadSubjectStory,
  ruleBookOf,
  SETTINGS,
  type AskedSubject,
  type Clock,
  type Settings,
} from '@app/shared';
import { ForSiteGroups } from '../access/access.decorators.js';
import { Scope, type OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { Answers, nullOr, orNull, timeOf } from '../http/answers.js';
import { problem } from '../http/problem.js';
import { idOf } from './alerts.dto.js';

const EXAMPLE = {
  lines: [
    { at: orNull('2026-03-01T11:58:00Z'), text: 'firing (major): it was seen, and the rule does not wait' },
    { at: orNull('2026-03-01T11:58:31Z'), text: 'email:noc@example.com took it (opened): 250 accepted' },
    {
      at: nullOr('text'),
      text: 'circuit-down about circuit 020000000101:ge-0/0/0 of Alder Street is firing (major). Told: email:noc@example.com.',
    },
  ],
};

const linesJson = (lines: readonly StoryLine[]) => ({ lines: lines.map(({ at, text }) => ({ at: timeOf(at), text })) });

@ApiTags('alerts')
@Controller('v1/orgs/:org')
export class ExplainController {
  private readonly disabledRules: readonly string[];

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) settings: Pick<Settings, 'rules' | 'alerts'>,
  ) {
    const book = ruleBookOf(settings);
    this.disabledRules = book.ids.filter((id) => !book.isAnywhere(id));
  }

  @Get('alerts/:alert/explain')
  @ForSiteGroups()
  @ApiOperation({
    summary: 'The story of one alert in plain words: what was seen, decided, told and answered, or why nobody was told',
  })
  @Answers('Oldest first; what is about now comes last and has no time.', EXAMPLE)
  async alert(@Scope() scope: OrgScope, @Param('alert') alert: string) {
    const story = await loadAlertStory(this.database, scope.orgId, idOf(alert));
    if (story === null) throw problem('not-found');
    return linesJson(explainAlert(story));
  }

  @Get('sites/:site/explain')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Why there is an alert about a site, or why there is none' })
  @Answers('What ended before, oldest first, then what holds now.', EXAMPLE)
  async site(@Scope() scope: OrgScope, @Param('site') site: string) {
    const siteId = await this.circuits.siteKey(scope, site);
    if (siteId === null) throw problem('not-found');
    return this.explained(scope, { siteId, circuitId: null });
  }

  @Get('circuits/:circuit/explain')
  @ForSiteGroups()
  @ApiOperation({ summary: 'Why there is an alert about a circuit, or why there is none' })
  @Answers('What ended before, oldest first, then what holds now.', EXAMPLE)
  async circuit(@Scope() scope: OrgScope, @Param('circuit') id: string) {
    const circuit = await this.circuits.find(scope, id, this.clock.now());
    const siteId = circuit === null ? null : await this.circuits.siteKey(scope, circuit.site_id);
    if (circuit === null || siteId === null) throw problem('not-found');
    return this.explained(scope, { siteId, circuitId: circuit.key });
  }

  private async explained(scope: OrgScope, asked: AskedSubject) {
    const now = this.clock.now();
    const story = await loadSubjectStory(this.database, scope.orgId, { ...asked, now });
    return linesJson(explainSubject({ ...story, disabledRules: this.disabledRules }, now));
  }
}
