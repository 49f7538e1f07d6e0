import { blocks, dictionary, text } from './bru.js';
import { exampleOf, type Media, type Operation, type Schemas } from './document.js';

/** Where the values of a request come from: the environment knows the org and the key. */
const KNOWN: Readonly<Record<string, string>> = { org: '{{org}}' };
const INDENT = 2;

/** A request as a file of the collection. */
export function requestFile(operation: Operation, seq: number, schemas: Schemas): string {
  const { method, path, parameters, requestBody, security, summary, description } = operation;
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const isJson = type === 'application/json';
  const ofKind = (kind: string) => parameters.filter((parameter) => parameter.in === kind);
  const query = ofKind('query');
  const needed = query.filter(({ required }) => required === true);
  const value = ({ name, schema, example }: (typeof parameters)[number]): string => {
    const found = example ?? exampleOf(schema ?? {}, schemas) ?? '';
    return KNOWN[name] ?? (typeof found === 'string' ? found : JSON.stringify(found));
  };
  // What may be left out is there to be switched on.
  const shown = (some: typeof parameters) =>
    some.map((each): [string, string] => [`${each.required === true ? '' : '~'}${each.name}`, value(each)]);
  const search = needed.map((each) => `${each.name}=${value(each)}`).join('&');
  return blocks([
    dictionary('meta', [
      ['name', `${method.toUpperCase()} ${shortPath(path)}`],
      ['type', 'http'],
      ['seq', String(seq)],
    ]),
    dictionary(method, [
      ['url', `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}${search === '' ? '' : `?${search}`}`],
      ['body', type === undefined ? 'none' : isJson ? 'json' : 'text'],
      ['auth', security?.length === 0 ? 'none' : 'inherit'],
    ]),
    query.length === 0 ? null : dictionary('params:query', shown(query)),
    path.includes('{')
      ? dictionary(
          'params:path',
          ofKind('path').map((each) => [each.name, value(each)]),
        )
      : null,
    headersOf(shown(ofKind('header')), isJson ? undefined : type),
    media === undefined ? null : text(isJson ? 'body:json' : 'body:text', bodyOf(media, schemas)),
    text('docs', [summary, description].filter((line) => line !== undefined && line !== '').join('\n\n')),
  ]);
}

function headersOf(headers: readonly [string, string][], type: string | undefined): string | null {
  const all = type === undefined ? headers : [['content-type', type] as const, ...headers];
  return all.length === 0 ? null : dictionary('headers', all);
}

function bodyOf({ schema, example }: Media, schemas: Schemas): string {
  const body = example ?? exampleOf(schema ?? {}, schemas) ?? {};
  return typeof body === 'string' ? body.trimEnd() : JSON.stringify(body, null, INDENT);
}

/** Without what all paths of an organization begin with. */
export const shortPath = (path: string): string => path.replace(/^\/v1(\/orgs\/\{org\}(?=\/))?/, '');

/** `get-alerts-alert-ack.bru`: the method and the path, in letters that any file system takes. */
export const requestFileName = ({ method, path }: Operation): string =>
  `${method}-${shortPath(path)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')}.bru`;
