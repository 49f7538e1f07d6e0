import type { Severity } from '@app/domain';

/** Where people get notices: two mailboxes, a webhook, a Slack channel. */
export const PLACES = ['email:noc@example.com', 'email:second@example.com', 'hook', 'chat'] as const;
export type Place = (typeof PLACES)[number];
const [NOC, SECOND, HOOK, CHAT] = PLACES;

/** What a notice says of a site: something is wrong, somebody has it, it is over. */
export type Phase = 'told' | 'taken' | 'over';

export type StoryKind = 'plain' | 'escalating' | 'taken' | 'silenced' | 'worsening' | 'digested';

interface Plan {
  readonly severity: Severity;
  /** Notices that something is wrong, by who gets them; each of them hears of the end once. */
  readonly told: Partial<Record<Place, number>>;
  /** Who hears that somebody has taken it. */
  readonly taken: readonly Place[];
  readonly steps: readonly object[];
}

const EVERYWHERE = [NOC, HOOK, CHAT];
const once = { to: EVERYWHERE, repeats: 0 };

/** What can happen to a site, and what people must get of it: exactly that, whatever dies in between. */
export const PLANS: Readonly<Record<StoryKind, Plan>> = {
  plain: { severity: 'critical', told: { [NOC]: 1, [HOOK]: 1, [CHAT]: 1 }, taken: [], steps: [once] },
  // Nobody takes it: repeated once to the first, and then told to the second line.
  escalating: {
    severity: 'critical',
    told: { [NOC]: 2, [SECOND]: 1, [HOOK]: 1 },
    taken: [],
    steps: [
      { to: [NOC], repeatMinutes: 2, repeats: 1 },
      { afterMinutes: 1, to: [SECOND, HOOK], repeats: 0 },
    ],
  },
  // Taken before the second line would hear of it.
  taken: {
    severity: 'critical',
    told: { [NOC]: 1, [HOOK]: 1, [CHAT]: 1 },
    taken: [HOOK, CHAT],
    steps: [once, { afterMinutes: 10, to: [SECOND] }],
  },
  // Silenced before it falls, told when the silence ends.
  silenced: { severity: 'critical', told: { [NOC]: 1, [HOOK]: 1, [CHAT]: 1 }, taken: [], steps: [once] },
  // Told again because it got worse.
  worsening: { severity: 'major', told: { [NOC]: 2, [HOOK]: 2, [CHAT]: 2 }, taken: [], steps: [once] },
  // Told in the next digest, and its end in the one after.
  digested: { severity: 'major', told: { [NOC]: 1, [HOOK]: 1 }, taken: [], steps: [{ to: [NOC, HOOK], repeats: 0 }] },
};
export const STORY_KINDS = Object.keys(PLANS) as readonly StoryKind[];

/** A site that fell. */
export interface Story {
  readonly kind: StoryKind;
  readonly site: string;
  readonly siteId: number;
  readonly firedAt: number;
  /** Nobody may be told before. */
  readonly silentUntil: number | null;
}

/** Notices that must come, by place, site and what they say. */
export function expectedOf({ kind, site }: Pick<Story, 'kind' | 'site'>): { key: string; count: number }[] {
  const { told, taken } = PLANS[kind];
  const who = PLACES.flatMap((place) => (told[place] === undefined ? [] : [{ place, count: told[place] }]));
  return [
    ...who.map(({ place, count }) => ({ key: keyOf(place, site, 'told'), count })),
    ...taken.map((place) => ({ key: keyOf(place, site, 'taken'), count: 1 })),
    ...who.map(({ place }) => ({ key: keyOf(place, site, 'over'), count: 1 })),
  ];
}

export const keyOf = (place: Place, site: string, phase: Phase): string => `${place} ${site} ${phase}`;

const MINUTE = 60_000;
/** A digest goes out this often; each minute of the day at which one does has a policy of its own, because a policy has one digest a day. */
const DIGEST_EVERY = 5;
const DAY_MINUTES = 1_440;
const timeOf = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const digestRegion = (minute: number): string => `digest-${timeOf(minute).replace(':', '')}`;

/** The region of a site, which says what policy it has; a digest leaves it two minutes to be decided. */
export function regionOf(kind: StoryKind, now: number): string {
  if (kind !== 'digested') return kind;
  const minute = Math.ceil((now / MINUTE + 2) / DIGEST_EVERY) * DIGEST_EVERY;
  return digestRegion(minute % DAY_MINUTES);
}

/** Nothing expires while the play lasts. */
const LONG_MINUTES = 10_000;

export const policies = (): object[] => [
  ...STORY_KINDS.filter((kind) => kind !== 'digested').map((kind) => ({
    id: kind,
    match: { regions: [kind] },
    steps: PLANS[kind].steps,
    ackTimeoutMinutes: LONG_MINUTES,
  })),
  ...Array.from({ length: DAY_MINUTES / DIGEST_EVERY }, (_, i) => ({
    id: digestRegion(i * DIGEST_EVERY),
    match: { regions: [digestRegion(i * DIGEST_EVERY)] },
    steps: PLANS.digested.steps,
    digest: { at: timeOf(i * DIGEST_EVERY), timezone: 'UTC', below: 'critical' },
  })),
];
