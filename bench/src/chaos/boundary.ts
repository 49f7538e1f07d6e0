/** A table that a statement writes; `for update` locks and `do update` belongs to an insert that was counted. */
const WRITTEN = /(?:insert\s+into|delete\s+from|(?<!\bfor\s+)(?<!\bno\s+key\s+)(?<!\bdo\s+)update)\s+([a-z_]+)\b/gi;
const VERB = /^\s*([a-z]+)/i;

/** Tables that a statement writes. */
export const tablesWritten = (sql: string): string[] => [...sql.matchAll(WRITTEN)].flatMap(([, table]) => table ?? []);

/** Follows the statements of one connection, and says which of them make something durable: these are where a process may die. */
export class Transactions {
  private written: Set<string> | null = null;

  /** The boundary that a statement is, named by what becomes durable there; `null` = nothing does. */
  boundaryAt(sql: string): string | null {
    const verb = VERB.exec(sql)?.[1]?.toLowerCase();
    if (verb === 'begin') this.written = new Set();
    if (verb === 'commit') return this.committed();
    if (verb === 'rollback') this.written = null;
    const tables = tablesWritten(sql);
    if (tables.length === 0) return null;
    if (this.written === null) return `write ${named(tables)}`;
    for (const table of tables) this.written.add(table);
    return null;
  }

  private committed(): string | null {
    const tables = [...(this.written ?? [])];
    this.written = null;
    return tables.length === 0 ? null : `commit ${named(tables)}`;
  }
}

const named = (tables: readonly string[]): string => [...new Set(tables)].sort().join('+');

/** How often a boundary was passed, and how often a process died right before and right after it. */
export interface Hits {
  readonly passed: number;
  readonly before: number;
  readonly after: number;
}

/** Where a process is to die: at the `nth` time that it comes by. */
export interface Target {
  readonly boundary: string;
  readonly when: 'before' | 'after';
  readonly nth: number;
}

/** Not so late in a life that its time is over before. */
const LATEST = 15;
const PASSED_A_LIFE = 20;

/** Where the next one dies: half of them where fewest have died, the others anywhere. `null` = no boundary is known yet. */
export function nextTarget(hits: ReadonlyMap<string, Hits>, random: () => number): Target | null {
  const choices = [...hits].flatMap(([boundary, { passed, before, after }]) => [
    { boundary, passed, when: 'before' as const, died: before },
    { boundary, passed, when: 'after' as const, died: after },
  ]);
  const fewest = Math.min(...choices.map(({ died }) => died));
  const candidates = random() < 0.5 ? choices.filter(({ died }) => died === fewest) : choices;
  const chosen = candidates[Math.floor(random() * candidates.length)];
  if (chosen === undefined) return null;
  const latest = Math.min(LATEST, Math.ceil(chosen.passed / PASSED_A_LIFE));
  return { boundary: chosen.boundary, when: chosen.when, nth: 1 + Math.floor(random() * latest) };
}
