import { resolved, type OpenApi, type Operation, type Parameter, type Schema } from './document.spec-support.js';
import type { SeededRandom } from './seeded-random.spec-support.js';

/** What somebody might send who means no good, or whose program is broken. */
const HOSTILE: readonly string[] = [
  '',
  ' ',
  '0',
  '-1',
  '1e308',
  'NaN',
  'Infinity',
  '99999999999999999999',
  '2147483648',
  '-9223372036854775809',
  '0.1',
  'null',
  'undefined',
  'true',
  '[]',
  '{"$ne":1}',
  "' or 1=1; drop table org; --",
  '"; select pg_sleep(10); --',
  '$1',
  '%s%n',
  '%00',
  '\u0000',
  '\u202e\ufeff',
  '\ud800',
  '😀'.repeat(50),
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '=cmd|calc',
  'x'.repeat(3000),
  'WzFd',
  'W251bGxd',
  'eyJhIjoxfQ',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '-271821-04-20T00:00:00Z',
  '2026-03-01T00:00:00+99:99',
  '2026-03-01',
  'a,b,,c',
  ','.repeat(500),
  '__proto__',
  'constructor',
];

/** Times around the seeded data, so that many answers hold something. */
const TIMES: readonly string[] = [
  '2026-02-01T00:00:00Z',
  '2026-02-27T12:00:00Z',
  '2026-03-01T00:00:00Z',
  '2026-03-01T08:00:00Z',
  '2026-03-01T12:00:00Z',
  '2026-03-01T12:10:00Z',
  '2026-03-08T00:00:00+01:00',
];
const DEEP = 10_000;

export interface FuzzRequest {
  readonly method: Operation['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string;
  /** Whether the address may be that of another route or of none. */
  readonly isOffRoute: boolean;
}

export interface World {
  /** Values that name something, by parameter. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly keys: readonly string[];
}

/** One request to an operation: mostly plausible, with something wrong in it now and then. */
export class RequestMaker {
  constructor(
    private readonly document: OpenApi,
    private readonly world: World,
    private readonly random: SeededRandom,
  ) {}

  make(operation: Operation): FuzzRequest {
    const { random } = this;
    let isOffRoute = false;
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const isOwn = random.chance(0.93);
      isOffRoute ||= !isOwn;
      return encodedSegment(isOwn ? this.idOf(name) : random.pick(HOSTILE));
    });
    const query = operation.parameters.filter((each) => each.in === 'query' && random.chance(0.3));
    const pairs = query.map((each) => `${each.name}=${encoded(this.valueOf(each))}`);
    if (random.chance(0.02))
      pairs.push(`${random.pick(['limit', 'nonsense', '__proto__', 'a[b]'])}=${encoded(random.pick(HOSTILE))}`);
    return {
      method: operation.method,
      url: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`,
      isOffRoute,
      ...this.rest(operation),
    };
  }

  private rest(operation: Operation): Pick<FuzzRequest, 'headers' | 'payload'> {
    const { random } = this;
    const headers: Record<string, string> = {};
    if (random.chance(0.97)) headers.authorization = `Bearer ${random.pick(this.world.keys)}`;
    if (random.chance(0.1)) headers['if-none-match'] = random.pick(['*', '"x"', 'W/"x", "y"', ',,,']);
    if (random.chance(0.1)) headers['idempotency-key'] = random.pick(['a', 'b', 'c', ' ', 'x'.repeat(300)]);
    const [type, media] = Object.entries(operation.body ?? {})[0] ?? [];
    if (type === undefined || media === undefined) return { headers };
    headers['content-type'] = random.chance(0.97) ? type : random.pick(['text/plain', 'application/xml', 'x']);
    return { headers, payload: this.payloadOf(type, media.schema ?? {}) };
  }

  private payloadOf(type: string, schema: Schema): string {
    const { random } = this;
    if (random.chance(0.03))
      return random.pick(['{', '', 'null', '[]', '"text"', '\u0000', `{"a":`.repeat(DEEP) + '1' + '}'.repeat(DEEP)]);
    if (type !== 'application/json') return typeof schema.example === 'string' ? schema.example : random.pick(HOSTILE);
    return JSON.stringify(this.valueOfSchema('', schema, 0)) ?? 'null';
  }

  private valueOfSchema(name: string, given: Schema, depth: number): unknown {
    const { random } = this;
    const schema = resolved(this.document, given);
    if (random.chance(0.06))
      return random.pick([null, -1, 1e308, [], {}, [[]], true, random.pick(HOSTILE), { [random.pick(HOSTILE)]: 1 }]);
    if (schema.properties !== undefined && depth < 8) {
      const required = new Set(schema.required ?? []);
      const names = Object.keys(schema.properties).filter((each) => random.chance(required.has(each) ? 0.95 : 0.5));
      const entries = names.map((each) => [each, this.valueOfSchema(each, schema.properties?.[each] ?? {}, depth + 1)]);
      return { ...Object.fromEntries(entries), ...(random.chance(0.03) ? { nonsense: 1 } : {}) } as unknown;
    }
    if (schema.type === 'array' && schema.example === undefined)
      return Array.from({ length: random.below(3) }, () => this.valueOfSchema(name, schema.items ?? {}, depth + 1));
    return this.plausible(name, schema, schema.example);
  }

  private valueOf({ name, schema = {}, example }: Parameter): string {
    if (this.random.chance(0.2)) return this.random.pick(HOSTILE);
    return String(this.plausible(name, schema, example ?? schema.example));
  }

  private plausible(name: string, { enum: choices, type, default: usual, items }: Schema, example: unknown): unknown {
    const { random } = this;
    if (choices !== undefined && choices.length > 0) return random.pick(choices);
    if (items?.enum !== undefined && items.enum.length > 0) return random.pick(items.enum);
    if (this.world.ids[name] !== undefined) return this.idOf(name);
    if (/^(from|to|end|until|since|at|expires_at)$/.test(name)) return random.pick(TIMES);
    if (example !== undefined && random.chance(0.7)) return example;
    if (usual !== undefined && random.chance(0.5)) return usual;
    if (type === 'number' || type === 'integer') return random.pick([1, 2, 10, 100, 1000]);
    if (type === 'boolean') return random.chance(0.5);
    return random.pick(['alder', 'Site alder', 'Region alder', '24h', '3,12,24', 'utilization', 'down']);
  }

  private idOf(name: string): string {
    const ids = this.world.ids[name];
    if (ids === undefined) throw new Error(`The fuzz knows no id for {${name}}; add one to its world.`);
    return this.random.pick(ids);
  }
}

/** Half a surrogate has no encoding. */
const encoded = (value: string): string => encodeURIComponent(Buffer.from(value).toString());
const encodedSegment = (value: string): string => (value === '%00' ? value : encoded(value));
