import { parseArgs } from 'node:util';
import { startRig } from '../rig.js';
import { emptyQueue, inherited, variablesOf } from './place.js';
import { playChaos, type ChaosResult } from './play.js';

const USAGE = 'usage: npm run chaos -- notify [--kills 200] [--seed 1]\n';
const OPEN_STORIES = 36;
const CRASHES_SHOWN = 3;

type Log = (line: string) => void;

async function notify(kills: number, seed: number): Promise<boolean> {
  const log: Log = (line) => void process.stdout.write(`${line}\n`);
  const rig = await startRig('chaos', 0, { env: process.env, log });
  const { queue, databaseUrl } = rig.runtime;
  try {
    log(`Notifiers are killed ${kills} times (seed ${seed}). ${rig.description}`);
    const variables = { ...inherited(process.env), DATABASE_URL: databaseUrl, ...variablesOf(queue) };
    const began = performance.now();
    const place = { databaseUrl, queue, variables, emptyQueue: () => emptyQueue(queue), log };
    const result = await playChaos(place, { kills, seed, openStories: OPEN_STORIES });
    return report(result, { seed, seconds: Math.round((performance.now() - began) / 1000) }, log);
  } finally {
    await rig.close();
  }
}

/** What was found, and at last one line of JSON. Returns whether all is well. */
function report(result: ChaosResult, more: Readonly<Record<string, number>>, log: Log): boolean {
  const { lost, duplicatesAnswerLost, duplicatesOther, misordered, early, crashes } = result;
  for (const crash of crashes.slice(0, CRASHES_SHOWN)) log(`A notifier ended by itself: ${crash}`);
  log(`${'boundary'.padEnd(70)}  passed  died before  died after`);
  for (const [name, { passed, before, after }] of result.boundaries)
    log(`${name.padEnd(70)}${String(passed).padStart(8)}${String(before).padStart(13)}${String(after).padStart(12)}`);
  const missed = [...result.boundaries].filter(([, { before, after }]) => before + after === 0);
  for (const [name] of missed) log(`No notifier died at: ${name}`);
  const line = {
    kills: result.kills,
    expected: result.expected,
    lost,
    duplicates_answer_lost: duplicatesAnswerLost,
    duplicates_other: duplicatesOther,
    under_fire: result.underFire,
    misordered,
    early,
    crashes: crashes.length,
    boundaries: result.boundaries.size,
    boundaries_missed: missed.length,
    stories: result.stories,
    answers_lost: result.answersLost,
    queue_emptied: result.queueEmptied,
    connections_cut: result.connectionsCut,
    ...more,
  };
  log(JSON.stringify(line));
  return lost + duplicatesOther + misordered + early + crashes.length + missed.length === 0 && result.boundaries.size > 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
if (positionals[0] !== 'notify' || !Number.isInteger(kills) || kills < 1 || !Number.isInteger(seed)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (!(await notify(kills, seed))) process.exitCode = 1;
