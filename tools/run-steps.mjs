/** Runs npm scripts two at a time, prints each one's outcome and the output of those that failed. */
import { spawn } from 'node:child_process';

const waiting = process.argv.slice(2);
const failed = [];

function run(script) {
  const started = performance.now();
  const chunks = [];
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', script], {
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (code !== 0) {
        failed.push(script);
        process.stdout.write(Buffer.concat(chunks));
      }
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${script} (${seconds} s)`);
      resolve();
    });
  });
}

async function lane() {
  for (let script = waiting.shift(); script !== undefined; script = waiting.shift()) await run(script);
}

await Promise.all([lane(), lane()]);
if (failed.length > 0) {
  console.log(`Failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
