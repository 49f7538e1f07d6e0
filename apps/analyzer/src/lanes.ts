/** Works on a list, a few items at a time. Results in the order of the list. The first failure ends the work, but only when no part of it runs any more. */
export async function inLanes<T, R>(list: readonly T[], lanes: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < list.length && failures.length === 0) {
      const place = next++;
      for (const item of list.slice(place, place + 1)) results[place] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: lanes }, () => lane().catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures[0];
  return results;
}
