import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configured, pollable, type Shell } from './context.js';
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
      expect(shell.warnings).toEqual([expect.stringContaining('the defaults hold')]);
    } finally {
      process.chdir(folder);
    }
  });

  it('is an error where the named file is missing', () => {
    expect(() =>
      configured(shellWith({ DATABASE_URL: 'postgres://localhost/x', CONFIG_FILE: join(tmpdir(), 'nowhere', 'mistwatch.yaml') })),
    ).toThrow(ExitError);
  });

  it('leaves the example organization alone and says what to do, until there is a token', () => {
    const variables = {
      DATABASE_URL: 'postgres://localhost/x',
      CONFIG_FILE: fileURLToPath(new URL('../../../../config/mistwatch.yaml', import.meta.url)),
    };
    const shell = shellWith(variables);
    expect(pollable(shell, configured(shell)).orgs).toEqual([]);
    expect(shell.warnings).toEqual([expect.stringMatching(/set MIST_TOKEN .*mistwatch import.*mistwatch demo/)]);
    const own = shellWith({ ...variables, MIST_TOKEN: 'a-token-of-my-own' });
    expect(pollable(own, configured(own)).orgs).toHaveLength(1);
    expect(own.warnings).toEqual([]);
  });
});
