import { Inject, Injectable } from '@nestjs/common';
import { DAY_MS, turnAt, turnsBetween, type Rota, type RotaOverride, type Span } from '@app/domain';
import {
  addRotaOverride,
  cancelRotaOverride,
  CLOCK,
  Database,
  listRotaOverrides,
  SETTINGS,
  type Clock,
  type OverrideRow,
  type Settings,
} from '@app/shared';
import type { OrgScope } from '../access/org-scope.js';
import type { Principal } from '../access/principal.js';
import { invalid, problem } from '../http/problem.js';
import { parseTime } from '../http/times.js';
import { overrideJson, rotaJson, turnJson, type OverrideBody, type RotaQuery } from './rotas.dto.js';

const YEAR_MS = 366 * DAY_MS;
const SHOWN_MS = 28 * DAY_MS;

type RoutingNames = Pick<Settings, 'rotas' | 'people' | 'channels' | 'email'>;

/** In the words of `turnAt`: of two that were entered at one instant the later row counts. */
const overridesOf = (rows: readonly OverrideRow[]): RotaOverride[] =>
  [...rows]
    .sort((a, b) => b.id - a.id)
    .map(({ member, fromAt, toAt, enteredAt }) => ({
      member,
      from: fromAt.getTime(),
      to: toAt.getTime(),
      enteredAt: enteredAt.getTime(),
    }));

@Injectable()
export class RotasService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SETTINGS) private readonly settings: RoutingNames,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Who is on call now and next, rota by rota. */
  list(scope: OrgScope) {
    return Promise.all(this.settings.rotas.map((rota) => this.summary(scope, rota)));
  }

  async one(scope: OrgScope, id: string, query: RotaQuery) {
    const rota = this.rota(id);
    const span = this.spanOf(query);
    const rows = await listRotaOverrides(this.database, scope.orgId, id, span);
    return {
      ...(await this.summary(scope, rota)),
      turns: turnsBetween(rota, overridesOf(rows), span).map(turnJson),
      overrides: rows.map(overrideJson),
    };
  }

  async add(scope: OrgScope, caller: Principal, { rota, body }: { rota: string; body: OverrideBody }) {
    this.rota(rota);
    const now = this.clock.now();
    const [from, to] = [parseTime('from', body.from), parseTime('to', body.to)];
    if (from >= to) throw invalid('to', 'to must lie after from');
    if (to - from > YEAR_MS) throw invalid('to', 'an override lasts a year at most');
    if (to <= now) throw invalid('to', 'to must lie in the future: who was on call is history');
    if (!this.isReachable(body.member))
      throw invalid('member', 'member must be a name of people in the configuration, or <channel>:<address> of a channel there');
    const fields = { rota, member: body.member, from, to, reason: body.reason ?? null };
    const change = { at: new Date(now), actor: caller.actor };
    const id = await addRotaOverride(this.database, scope.orgId, fields, change);
    return this.found(scope, rota, id);
  }

  async cancel(scope: OrgScope, caller: Principal, { rota, id }: { rota: string; id: number }) {
    await this.found(scope, rota, id);
    await cancelRotaOverride(this.database, scope.orgId, id, { at: new Date(this.clock.now()), actor: caller.actor });
    return this.found(scope, rota, id);
  }

  private async found(scope: OrgScope, rota: string, id: number) {
    const [row] = await this.database.query<OverrideRow>(
      `select id, rota, member, from_at as "fromAt", to_at as "toAt", reason, entered_at as "enteredAt", entered_by as "enteredBy",
         cancelled_at as "cancelledAt" from rota_override where org_id = $1 and rota = $2 and id = $3`,
      [scope.orgId, rota, id],
    );
    if (row === undefined) throw problem('not-found');
    return overrideJson(row);
  }

  private async summary(scope: OrgScope, rota: Rota) {
    const now = this.clock.now();
    const rows = await listRotaOverrides(this.database, scope.orgId, rota.id, { from: now, to: now + YEAR_MS });
    const overrides = overridesOf(rows);
    const turn = turnAt(rota, overrides, now);
    // Of one who has all the turns there is no next.
    const later = turn === null ? [] : turnsBetween(rota, overrides, { from: turn.to, to: now + YEAR_MS });
    return rotaJson(rota, turn, later.find(({ member }) => member !== turn?.member) ?? null);
  }

  private rota(id: string): Rota {
    const rota = this.settings.rotas.find((each) => each.id === id);
    if (rota === undefined) throw problem('not-found');
    return rota;
  }

  private spanOf(query: RotaQuery): Span {
    const from = query.from === undefined ? this.clock.now() : parseTime('from', query.from);
    const to = query.to === undefined ? from + SHOWN_MS : parseTime('to', query.to);
    if (from >= to) throw invalid('from', 'from must lie before to');
    if (to - from > YEAR_MS) throw invalid('to', 'to must lie a year after from at most');
    return { from, to };
  }

  private isReachable(member: string): boolean {
    const { people, channels, email } = this.settings;
    const [channel = '', address = ''] = member.split(/:(.*)/s, 2);
    if (!member.includes(':')) return Object.hasOwn(people, member);
    if (channel === 'email') return email !== undefined && /^[^\s<>@]+@[^\s<>@]+$/.test(address);
    return address !== '' && channels.some(({ id }) => id === channel);
  }
}
