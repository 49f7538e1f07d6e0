import { spawn } from 'node:child_process';
import type { Variables } from '@app/shared';

export interface Step {
  readonly name: string;
  readonly script: string;
  readonly args?: readonly string[];
  readonly env?: Variables;
  /** Show what it prints at once; else only when it fails. */
  readonly live?: boolean;
}

export interface StepOutcome {
  readonly name: string;
  readonly isOk: boolean;
}

/** Runs one npm script and prints its outcome on one line. */
export async function runStep(step: Step, root: string, env: Variables): Promise<StepOutcome> {
  const startedMs = performance.now();
  const { exitCode, output } = await run(step, root, env);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (exitCode !== 0) process.stdout.write(output);
  console.log(`${exitCode === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)`);
  return { name: step.name, isOk: exitCode === 0 };
}

async function run(step: Step, root: string, env: Variables): Promise<{ exitCode: number | null; output: Buffer }> {
  const { script, args = [], live = false } = step;
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const stdio = live ? 'inherit' : 'pipe';
    const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
      cwd: root,
      env: { ...env, ...step.env },
      stdio: ['ignore', stdio, stdio],
      shell: process.platform === 'win32',
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, output: Buffer.concat(chunks) }));
  });
}
