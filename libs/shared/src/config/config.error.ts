import { PermanentError } from '../errors.js';

/** One thing wrong with the configuration: where, what, and how to mend it. */
export interface ConfigFault {
  /** `DATABASE_URL`, or a path like `orgs[0].token`. */
  readonly path: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly message: string;
}

/** All faults at once; never with a secret in it. */
export class ConfigError extends PermanentError {
  constructor(readonly faults: readonly ConfigFault[]) {
    const lines = faults.map((fault) => `  ${formatFault(fault)}`);
    super(
      'CONFIG_INVALID',
      `The configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${lines.join('\n')}`,
    );
  }
}

export function formatFault({ path, file, line, message }: ConfigFault): string {
  const where = file === null ? '' : `${file}${line === null ? '' : `:${line}`} `;
  return `${where}${path === '' ? '' : `${path}: `}${message}`;
}
