import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configured, type Shell } from './context.js';
import { ExitError } from './exit-error.js';

const shellWith = (variables: Shell['variables']): Shell & { readonly warnings: string[] } => {
  const warnings: string[] = [];
  return { variables, dataDir: tmpdir(), print: () => undefined, warn: (line) => void warnings.push(line), warnings };
};

describe('the configuration of a command', () => {
  it('is the defaults where there is no file and none is named', () => {
    const folder = process.cwd();
    process.chdir(tmpdir());
    try {
      const shell = shellWith({ DATABASE_URL: 'postgres://localhost/x' });
      expect(configured(shell).settings).toMatchObject({ orgs: [], facts: { maxGapMinutes: 60 } });
      expect(shell.warnings).toEqual([expect.stringContaining('no organization is polled')]);
    } finally {
      process.chdir(folder);
    }
  });

  it('is an error where the named file is missing', () => {
    expect(() => configured(shellWith({ DATABASE_URL: 'postgres://localhost/x', CONFIG_FILE: join(tmpdir(), 'nowhere', 'mistwatch.yaml') }))).toThrow(ExitError);
  });
});
