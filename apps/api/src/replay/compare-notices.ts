import type { EpochMs, Severity } from '@app/domain';

/** One notice to one destination, and the trouble that it is about. */
export interface ToldNotice {
  /** `incident:<id>` of what there was; anything else is trouble that nobody was told of. */
  readonly trouble: string;
  readonly destination: string;
  readonly reason: string;
  readonly at: EpochMs;
  readonly severity: Severity | null;
  /** What it is about, in a few words. */
  readonly about: string;
}

export interface ComparedNotices {
  readonly kept: number;
  /** Would have been sent, and was not. */
  readonly added: readonly ToldNotice[];
  /** Was sent, and would not have been. */
  readonly gone: readonly ToldNotice[];
}

const keyOf = ({ trouble, destination, reason }: ToldNotice): string => `${trouble} ${reason} ${destination}`;

function grouped(notices: readonly ToldNotice[]): Map<string, ToldNotice[]> {
  const groups = new Map<string, ToldNotice[]>();
  for (const notice of notices) {
    const group = groups.get(keyOf(notice));
    if (group === undefined) groups.set(keyOf(notice), [notice]);
    else group.push(notice);
  }
  for (const group of groups.values()) group.sort((a, b) => a.at - b.at);
  return groups;
}

const byTime = (a: ToldNotice, b: ToldNotice): number => a.at - b.at || (a.destination < b.destination ? -1 : 1);

/**
 * What would have been sent beside what was: about one trouble, to one destination and for one reason the first stands for the first, the second for
 * the second, however many minutes lie between them.
 */
export function comparedNotices(sent: readonly ToldNotice[], changed: readonly ToldNotice[]): ComparedNotices {
  const [before, after] = [grouped(sent), grouped(changed)];
  const added = [...after].flatMap(([key, group]) => group.slice(before.get(key)?.length ?? 0));
  const gone = [...before].flatMap(([key, group]) => group.slice(after.get(key)?.length ?? 0));
  return { kept: changed.length - added.length, added: added.sort(byTime), gone: gone.sort(byTime) };
}
