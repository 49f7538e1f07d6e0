import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Json = Readonly<Record<string, unknown>>;

/** One operation of the description. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
}

/** Fields the guide reports from live answers and published samples, which the description leaves out. */
const KNOWN_BESIDES: Readonly<Record<string, readonly string[]>> = {
  events_device_ap: ['model', 'version'],
  insight_metrics: ['limit'],
  response_device_metrics: ['avg_latency', 'avg_jitter', 'avg_loss'],
};

const METHODS = ['get', 'post', 'put', 'delete'];
const ID = 'https://mist.invalid/openapi';
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const escape = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** The published description, ready to judge answers. */
export class Description {
  private readonly root: Json;
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  private readonly compiled = new Map<string, ValidateFunction>();
  readonly operations: ReadonlyMap<string, Operation>;

  constructor(dir: string) {
    const root: unknown = JSON.parse(readFileSync(join(dir, 'openapi.subset.json'), 'utf8'));
    if (!isObject(root) || !isObject(root['paths']))
      throw new TypeError(`${join(dir, 'openapi.subset.json')} is not an OpenAPI description`);
    this.root = root;
    // ajv-formats is CommonJS: its function is the default of the default.
    (addFormats as unknown as { default: (ajv: Ajv2020) => void }).default(this.ajv);
    this.ajv.addSchema(root, ID);
    const found = Object.entries(root['paths']).flatMap(([path, item]) =>
      Object.entries(isObject(item) ? item : {})
        .filter(([method]) => METHODS.includes(method))
        .map(([method, op]) => ({ id: String(isObject(op) ? op['operationId'] : ''), method, path })),
    );
    this.operations = new Map(found.map((operation) => [operation.id, operation]));
  }

  /** Pointer to the JSON schema of an operation's answer, or null when the answer has no body. */
  answerPointer(operationId: string, status: number): string | null {
    const operation = this.operations.get(operationId);
    if (!operation) throw new RangeError(`the description has no operation ${operationId}`);
    return this.bodyPointer(`#/paths/${escape(operation.path)}/${operation.method}/responses/${status}`);
  }

  webhookPointer(name: string): string | null {
    return this.bodyPointer(`#/webhooks/${escape(name)}/post/requestBody`);
  }

  schemaPointer(name: string): string {
    return `#/components/schemas/${name}`;
  }

  /** What is wrong with a value, in words; empty when it fits. */
  faultsOf(pointer: string, value: unknown): readonly string[] {
    const validate = this.compiled.get(pointer) ?? this.ajv.compile({ $ref: `${ID}${pointer}` });
    this.compiled.set(pointer, validate);
    const faults = validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
    return [...faults, ...this.strays({ $ref: pointer }, value, '')];
  }

  private bodyPointer(pointer: string): string | null {
    const { target, at } = this.follow(pointer);
    const content = isObject(target) ? target['content'] : undefined;
    if (!isObject(content)) return null;
    return `${at}/content/${escape('application/json')}/schema`;
  }

  private follow(pointer: string): { target: unknown; at: string } {
    let at = pointer;
    let target = this.lookUp(at);
    while (isObject(target) && typeof target['$ref'] === 'string') {
      at = target['$ref'];
      target = this.lookUp(at);
    }
    return { target, at };
  }

  private lookUp(pointer: string): unknown {
    return pointer
      .slice(2)
      .split('/')
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((node, key) => (isObject(node) || Array.isArray(node) ? (node as Json)[key] : undefined), this.root);
  }

  /** Fields no branch of the schema knows: invented ones. */
  private strays(schema: unknown, value: unknown, where: string): string[] {
    if (Array.isArray(value)) {
      const items = this.branchesOf(schema).flatMap((branch) => (branch.items === undefined ? [] : [branch.items]));
      return [
        ...new Set(value.flatMap((entry) => (items.length === 0 ? [] : this.strays({ anyOf: items }, entry, `${where}[]`)))),
      ];
    }
    if (!isObject(value)) return [];
    const branches = this.branchesOf(schema).filter((branch) => branch.properties !== undefined || branch.isOpen);
    if (branches.length === 0 || branches.some((branch) => branch.isOpen)) return [];
    return Object.entries(value).flatMap(([key, entry]) => {
      const known = branches.flatMap((branch) => (branch.properties && key in branch.properties ? [branch.properties[key]] : []));
      if (known.length > 0) return this.strays({ anyOf: known }, entry, `${where}.${key}`);
      return branches.some((branch) => branch.besides.includes(key)) ? [] : [`${where}.${key} is not described`];
    });
  }

  private branchesOf(
    schema: unknown,
  ): readonly { properties?: Json; items?: unknown; isOpen: boolean; besides: readonly string[] }[] {
    if (!isObject(schema)) return [];
    const reference = schema['$ref'];
    const { target, at } = typeof reference === 'string' ? this.follow(reference) : { target: schema, at: '' };
    if (!isObject(target)) return [];
    const inner = ['oneOf', 'anyOf', 'allOf'].flatMap((key) => (Array.isArray(target[key]) ? (target[key] as unknown[]) : []));
    const own = {
      isOpen: target['additionalProperties'] !== undefined && target['additionalProperties'] !== false,
      besides: KNOWN_BESIDES[at.split('/').at(-1) ?? ''] ?? [],
      ...(isObject(target['properties']) ? { properties: target['properties'] } : {}),
      ...(target['items'] === undefined ? {} : { items: target['items'] }),
    };
    return [own, ...inner.flatMap((part) => this.branchesOf(part))];
  }
}
