import type { Database, Row } from '@app/shared';

/** A statement as it was sent. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A step of a plan. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

const textOf = (query: unknown): string | null => {
  if (typeof query === 'string') return query;
  if (typeof query !== 'object' || query === null) return null;
  // What is copied is a query of its own.
  const text: unknown = 'select' in query ? query.select : 'text' in query ? query.text : null;
  return typeof text === 'string' ? text : null;
};

/** Beside the text, or with it in one object. */
function valuesOf([query, beside]: readonly unknown[]): readonly unknown[] {
  const within: unknown = typeof query === 'object' && query !== null && 'values' in query ? query.values : beside;
  return Array.isArray(within) ? within : [];
}

/** Notes every statement that goes over the connections of a database, copies too. */
export function recordStatements(database: Database): Statement[] {
  const statements: Statement[] = [];
  const known = new WeakSet<object>();
  database.pool.on('acquire', (client) => {
    if (known.has(client)) return;
    known.add(client);
    const send = client.query.bind(client) as (...given: readonly unknown[]) => unknown;
    const query = (...given: readonly unknown[]): unknown => {
      const text = textOf(given[0]);
      if (text !== null) statements.push({ text, values: valuesOf(given) });
      return send(...given);
    };
    Object.assign(client, { query });
  });
  return statements;
}

const PLANNED = /^\s*\(*\s*(select|with|insert|update|delete)\b/i;

/** The plans of statements that have one, by the server's own choice: no setting of theirs holds. */
export async function plansOf(
  database: Database,
  statements: readonly Statement[],
): Promise<{ statement: Statement; plan: PlanNode }[]> {
  const plans: { statement: Statement; plan: PlanNode }[] = [];
  for (const statement of statements.filter(({ text }) => PLANNED.test(text))) {
    const [row] = await database.query<Row & { 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
      `explain (format json) ${statement.text}`,
      statement.values,
    );
    const plan = row?.['QUERY PLAN'][0]?.Plan;
    if (plan === undefined) throw new Error(`There is no plan of ${statement.text}`);
    plans.push({ statement, plan });
  }
  return plans;
}

/** Every step of a plan. */
export const stepsOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(stepsOf)];
