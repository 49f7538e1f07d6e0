import {
  recipientsOf,
  replayIncident,
  type AddressBook,
  type EpochMs,
  type NoticeRules,
  type PastChange,
  type PastIncident,
  type ReplayedNotice,
  type RotaOverride,
  type Span,
} from '@app/domain';
import {
  everybodyOf,
  listRotaOverrides,
  PermanentError,
  type Database,
  type Queryable,
  type Settings,
  type TriedRouting,
  type TriedSilence,
} from '@app/shared';
import { circumstancesOf, pastMaintenance, pastParents, pastSilences } from './circumstances.js';
import { REPLAY_TOO_LARGE } from './limits.js';

/** One set of rules, and whom they told of incidents that went on in others. */
export interface TriedSide {
  readonly rules: NoticeRules;
  readonly silences: readonly TriedSilence[];
  readonly alsoTold: Map<number, Set<string>>;
  /** Alerts that went on in others after they were told, and when they were. */
  readonly toldBefore: Map<number, EpochMs>;
}

interface AskedSide {
  readonly settings: Settings;
  readonly orgId: number;
  readonly span: Span;
}

/** Silences and maintenance of a day before may still hold. */
const BEFORE_MS = 86_400_000;

export async function sideOf(
  database: Database,
  { settings, orgId, span }: AskedSide,
  { people, rotas, policies, notices, silences }: TriedRouting,
): Promise<TriedSide> {
  const book: AddressBook = { people, rotas, everybody: everybodyOf(settings) };
  const overrides = new Map<string, readonly RotaOverride[]>();
  for (const { id } of rotas) overrides.set(id, await overridesIn(database, orgId, id, span));
  const recipients = (names: readonly string[], at: EpochMs): string[] =>
    recipientsOf(book, names, at, (rotaId) => overrides.get(rotaId) ?? []).map(({ destination }) => destination);
  return {
    rules: { notices, policies, recipientsOf: recipients },
    silences: silences ?? (await pastSilences(database, orgId, span)),
    alsoTold: new Map(),
    toldBefore: new Map(),
  };
}

/** In the words of `turnAt`: of two entered at one instant the later row counts. */
async function overridesIn(db: Queryable, orgId: number, rotaId: string, span: Span): Promise<RotaOverride[]> {
  const rows = await listRotaOverrides(db, orgId, rotaId, span);
  return rows
    .sort((a, b) => b.id - a.id)
    .map(({ member, fromAt, toAt, enteredAt }) => ({
      member,
      from: fromAt.getTime(),
      to: toAt.getTime(),
      enteredAt: enteredAt.getTime(),
    }));
}

export interface Surroundings {
  readonly maintenance: NonNullable<Awaited<ReturnType<typeof pastMaintenance>>>;
  readonly parents: ReadonlyMap<number, readonly (readonly PastChange[])[]>;
  readonly until: EpochMs;
}

export async function surroundingsOf(
  database: Database,
  orgId: number,
  part: readonly PastIncident[],
  span: Span,
): Promise<Surroundings> {
  const siteIds = [...new Set(part.flatMap(({ members }) => members.flatMap(({ siteId }) => siteId ?? [])))];
  const wide = { from: span.from - BEFORE_MS, to: span.to };
  const maintenance = await pastMaintenance(database, orgId, wide, siteIds);
  if (maintenance === null)
    throw new PermanentError(REPLAY_TOO_LARGE, 'Maintenance began and ended too often in this time; ask for less of it.');
  return { maintenance, parents: await pastParents(database, orgId, siteIds, wide), until: span.to };
}

/** What would have been sent about an incident; incidents that went on in others are to be asked about before those. */
export function noticesOf(incident: PastIncident, side: TriedSide, surroundings: Surroundings): ReplayedNotice[] {
  const { rules, alsoTold, toldBefore } = side;
  const told = alsoTold.get(incident.id) ?? new Set<string>();
  const { until } = surroundings;
  const { notices, toldAt } = replayIncident(incident, rules, around(incident, side, surroundings), {
    until,
    alsoTold: told,
    toldBefore,
  });
  for (const { alertId, movedAt } of incident.members) {
    const at = movedAt === null ? undefined : toldAt.get(alertId);
    if (at !== undefined) toldBefore.set(alertId, at);
  }
  if (incident.foldedInto !== null) {
    const after = alsoTold.get(incident.foldedInto) ?? new Set<string>();
    alsoTold.set(incident.foldedInto, after);
    for (const destination of [...told, ...notices.flatMap(({ to }) => to)]) after.add(destination);
  }
  return notices;
}

/** Whether anybody would have heard of an incident before an instant: live, what falls then is put together before anything is told. */
export const wasToldBefore = (incident: PastIncident, side: TriedSide, surroundings: Surroundings, at: EpochMs): boolean =>
  replayIncident(incident, side.rules, around(incident, side, surroundings), { until: at }).notices.length > 0;

const around = (incident: PastIncident, { rules, silences }: TriedSide, { maintenance, parents }: Surroundings) =>
  circumstancesOf({ silences, maintenance, parents, graceMs: rules.notices.groupIntervalMs }, incident.members);
