import { api } from './api/api.js';
import { backfill } from './backfill/backfill.js';
import { hours } from './hours/hours.js';
import { http } from './http/http.js';
import { ingest } from './ingest/ingest.js';
import { latency } from './latency/latency.js';
import { late } from './late/late.js';
import type { Benchmark } from './outcome.js';
import { storm } from './storm/storm.js';
import { windows } from './windows/windows.js';

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { api, ingest, http, hours, windows, backfill, late, latency, storm };

const name = process.argv[2] ?? '';
const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
if (benchmark === undefined) {
  process.stderr.write(
    `bench: there is no benchmark ${JSON.stringify(name)}; choose one of: ${Object.keys(BENCHMARKS).join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  const outcome = await benchmark({ env: process.env, log: (line) => process.stdout.write(`${line}\n`) });
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
