import { createHash } from 'node:crypto';

/** A credential. Its keys may be stored and logged, the secret never. */
export interface Token {
  readonly key: string;
  /** Under which its calls are counted and parked: its own, or the org's where Mist counts by org. */
  readonly accountKey: string;
  readonly secret: string;
}

export type BudgetScope = 'token' | 'org';

const KEY_LENGTH = 16;

const keyOf = (baseUrl: string, what: string): string =>
  createHash('sha256')
    .update(`${new URL(baseUrl).host} ${what}`)
    .digest('hex')
    .slice(0, KEY_LENGTH);

/** The tokens of one org, the preferred first. */
export function tokensOf(
  { baseUrl, id, tokens }: { baseUrl: string; id: string | null; tokens: readonly string[] },
  scope: BudgetScope,
): Token[] {
  return tokens.map((secret) => {
    const key = keyOf(baseUrl, secret);
    return { key, accountKey: scope === 'org' ? keyOf(baseUrl, `org ${id ?? tokens[0] ?? ''}`) : key, secret };
  });
}
