import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, matches } from '@app/domain';
import {
  addSilence,
  alertSubjects,
  CLOCK,
  Database,
  endSilence,
  findSilence,
  listSilences,
  SETTINGS,
  type Clock,
  type Settings,
  type SilenceRow,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { NotifierWaker } from '../incidents/notifier-waker.js';
import { matcherOf } from './matcher.dto.js';
import { silenceJson, type PreviewBody, type SilenceBody, type SilencesQuery } from './silences.dto.js';

const YEAR_MS = 366 * DAY_MS;
const MAX_TIME = 8.64e15;
const MAX_PREVIEWED = 200;

@Injectable()
export class SilencesService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(NotifierWaker) private readonly notifier: NotifierWaker,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'rules'>,
  ) {}

  async list(scope: OrgScope, query: SilencesQuery, key: readonly (string | number)[] | null) {
    const now = this.clock.now();
    const after = key === null ? null : { at: Number(key[0]), id: Number(key[1]) };
    if (after !== null && !(Math.abs(after.at) <= MAX_TIME && Number.isSafeInteger(after.id)))
      throw invalid('cursor', 'cursor must be the next_cursor of the page before');
    const filter = { endsAfter: query.ended ? 0 : now, isWithEnded: query.ended, after, limit: query.limit + 1 };
    const rows = await listSilences(this.database, scope.orgId, filter);
    return { rows, item: (row: SilenceRow) => silenceJson(row, now) };
  }

  async one(scope: OrgScope, id: number) {
    const row = await findSilence(this.database, scope.orgId, id);
    if (row === null) throw problem('not-found');
    return silenceJson(row, this.clock.now());
  }

  async create(scope: OrgScope, caller: Principal, body: SilenceBody) {
    const now = this.clock.now();
    const from = body.from === undefined || body.from === null ? now : parseTime('from', body.from);
    const to = parseTime('until', body.until);
    if (to <= from) throw invalid('until', 'until must lie after from');
    if (to <= now) throw invalid('until', 'until must lie in the future');
    if (to - from > YEAR_MS) throw invalid('until', 'a silence lasts a year at most');
    const matcher = matcherOf(body.matcher, this.settings.rules);
    const fields = { matcher, reason: body.reason, owner: body.owner ?? caller.name, from, to };
    const id = await addSilence(this.database, scope.orgId, fields, { at: new Date(now), actor: caller.actor });
    await this.notifier.wake();
    return this.one(scope, id);
  }

  async end(scope: OrgScope, caller: Principal, id: number) {
    await this.one(scope, id);
    const change = { at: new Date(this.clock.now()), actor: caller.actor };
    if (await endSilence(this.database, scope.orgId, id, change)) await this.notifier.wake();
    return this.one(scope, id);
  }

  async preview(scope: OrgScope, body: PreviewBody) {
    const matcher = matcherOf(body.matcher, this.settings.rules);
    const subjects = await alertSubjects(this.database, scope.orgId, null, this.clock.now());
    const matched = [...subjects].filter(([, subject]) => matches(matcher, subject));
    return {
      matched: matched.length,
      items: matched.slice(0, MAX_PREVIEWED).map(([id, { rule, severity, site, circuits }]) => ({
        alert_id: id,
        rule,
        severity,
        site_id: site,
        circuit_id: circuits[0] ?? null,
      })),
    };
  }
}
