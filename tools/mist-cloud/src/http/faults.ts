import { unit } from '../random.js';

export const FAULT_KINDS = [
  '401',
  '403',
  '429',
  '500',
  'html',
  'timeout',
  'stall',
  'reset',
  'slow',
  'mangle',
  'repeat-cursor',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type Mangling = 'missing' | 'null' | 'negative' | 'wrong-type';
export const MANGLINGS: readonly Mangling[] = ['missing', 'null', 'negative', 'wrong-type'];

/** One way in which calls go wrong. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** A path with `*` for any text, or an expression tried against path and query; default: every path. */
  readonly path?: string | RegExp;
  /** How many calls are hit; default: all. */
  readonly times?: number;
  /** Share of the matching calls that are hit, drawn by seed; default 1. */
  readonly probability?: number;
  /** Only calls with this token. */
  readonly token?: string;
  /** 429: the header, in seconds; without it the answer has none. */
  readonly retryAfterSeconds?: number;
  /** slow: the delay in real milliseconds. */
  readonly delayMs?: number;
  /** mangle: which fields of each hit record, and how. */
  readonly fields?: readonly string[];
  readonly mangling?: Mangling;
  /** mangle: hits every n-th record, the first one included; default 1. */
  readonly every?: number;
}

interface Armed {
  readonly rule: FaultRule;
  readonly pattern: RegExp;
  readonly number: number;
  met: number;
  hit: number;
}

const patternOf = (path: FaultRule['path']): RegExp => {
  if (path instanceof RegExp) return path;
  const escaped = (path ?? '*').split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}(\\?.*)?$`);
};

const check = (rule: FaultRule): void => {
  if (!FAULT_KINDS.includes(rule.kind))
    throw new TypeError(`fault kind ${JSON.stringify(rule.kind)} is unknown; use one of ${FAULT_KINDS.join(', ')}`);
  if (rule.kind === 'mangle' && (!rule.fields?.length || !MANGLINGS.includes(rule.mangling ?? 'null'))) {
    throw new TypeError(`fault "mangle" needs "fields" (names) and a "mangling" of ${MANGLINGS.join(', ')}`);
  }
  if (rule.probability !== undefined && !(rule.probability >= 0 && rule.probability <= 1)) {
    throw new RangeError(`fault ${rule.kind}: "probability" is a number from 0 to 1`);
  }
};

/** The faults in force; they may be changed while the cloud runs. */
export class Faults {
  private armed: Armed[] = [];
  private made = 0;

  constructor(private readonly seed: number) {}

  /** Adds a rule; the returned function takes it away again. */
  add(rule: FaultRule): () => void {
    check(rule);
    const armed: Armed = { rule, pattern: patternOf(rule.path), number: (this.made += 1), met: 0, hit: 0 };
    this.armed.push(armed);
    return () => {
      this.armed = this.armed.filter((other) => other !== armed);
    };
  }

  clear(): void {
    this.armed = [];
  }

  list(): readonly FaultRule[] {
    return this.armed.map(({ rule }) => rule);
  }

  /** The first rule that hits this call, or null. */
  strike(call: { url: string; token: string | null }): FaultRule | null {
    for (const armed of this.armed) {
      const { rule } = armed;
      if (!armed.pattern.test(call.url) || (rule.token !== undefined && rule.token !== call.token)) continue;
      if (armed.hit >= (rule.times ?? Infinity)) continue;
      armed.met += 1;
      if (unit(this.seed, armed.number, armed.met, 95) >= (rule.probability ?? 1)) continue;
      armed.hit += 1;
      return rule;
    }
    return null;
  }
}

const spoiled = (value: unknown, mangling: Mangling): unknown => {
  if (mangling === 'null') return null;
  if (mangling === 'negative') return typeof value === 'number' ? -Math.abs(value) - 1 : -1;
  return typeof value === 'string' ? 12_345 : 'not a number';
};

const spoilRecord = (record: unknown, rule: FaultRule): unknown => {
  if (typeof record !== 'object' || record === null) return record;
  const { fields = [], mangling = 'null' } = rule;
  const kept = Object.entries(record).filter(([key]) => mangling !== 'missing' || !fields.includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, fields.includes(key) ? spoiled(value, mangling) : value]));
};

/** Spoils the records of an answer: the rows of an array or of `results`, else the answer itself. */
export const spoil = (payload: unknown, rule: FaultRule): unknown => {
  const rows = (list: readonly unknown[]): unknown[] =>
    list.map((row, index) => (index % (rule.every ?? 1) === 0 ? spoilRecord(row, rule) : row));
  if (Array.isArray(payload)) return rows(payload);
  if (typeof payload === 'object' && payload !== null && 'results' in payload && Array.isArray(payload.results)) {
    return { ...payload, results: rows(payload.results) };
  }
  return spoilRecord(payload, rule);
};
