/** Deeper than anything the API takes; what walks a body by calling itself would run out of stack long after. */
const MAX_DEPTH = 32;

/** Whether a parsed body is nested so deeply that no honest caller made it. */
export function isTooDeep(body: unknown): boolean {
  const left: [value: unknown, depth: number][] = [[body, 1]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) continue;
    if (depth > MAX_DEPTH) return true;
    for (const inner of Object.values(value)) if (typeof inner === 'object') left.push([inner, depth + 1]);
  }
  return false;
}
