/** The text format of Bruno: blocks with a name, of pairs, of names, or of text that is indented by two. */

const indented = (lines: string): string => lines.replace(/^(?=.)/gm, '  ');

/** A value stands on one line; a name with what has a meaning there stands in quotes. */
const pair = ([name, value]: readonly [string, string]): string => {
  const [, off = '', bare = ''] = /^(~?)(.*)$/s.exec(name) ?? [];
  const quoted = /[:"{} ]/.test(bare) ? `"${bare.replaceAll('"', '\\"')}"` : bare;
  return `${off}${quoted}: ${value.replace(/\s+/g, ' ')}`.trimEnd();
};

export const dictionary = (name: string, pairs: readonly (readonly [string, string])[]): string =>
  `${name} {\n${indented(pairs.map(pair).join('\n'))}\n}`;

export const list = (name: string, names: readonly string[]): string => `${name} [\n${indented(names.join(',\n'))}\n]`;

export const text = (name: string, content: string): string => `${name} {\n${indented(content)}\n}`;

/** A file of blocks; `null` is none. */
export const blocks = (some: readonly (string | null)[]): string => `${some.filter((block) => block !== null).join('\n\n')}\n`;
