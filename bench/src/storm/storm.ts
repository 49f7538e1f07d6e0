import { parseSettings } from '@app/shared';
import { ManualClock, startSmtpSink } from '@app/testing';
import type { Benchmark, Outcome } from '../outcome.js';
import { mustBe, startRig } from '../rig.js';
import { playStorm } from './play.js';

const ALL_SITES = 3_208;
const TARGET_NOTICES = 10;

/** All sites of a large chain fall within a minute: how many notices people get, and what that costs. */
export const storm: Benchmark = async (context) => {
  const sites = Number(context.env.BENCH_SITES ?? ALL_SITES);
  const rig = await startRig('storm', 0, context);
  const sink = await startSmtpSink();
  try {
    const email = { smtpUrl: `smtp://127.0.0.1:${sink.port}`, from: 'mistwatch@example.com', to: ['noc@example.com'] };
    const clock = new ManualClock(0);
    const runtime = { ...rig.runtime, clock, settings: parseSettings(JSON.stringify({ email }), {}) };
    const { titles, ...counts } = await playStorm({ runtime, clock, sites });
    context.log(`Both circuits of ${sites} sites fall within a minute. ${rig.description}`);
    for (const title of titles) context.log(`  ${title}`);
    mustBe('mails', sink.mails.length, counts.notices + counts.recoveries);
    mustBe('recoveries', counts.recoveries, counts.incidentsTold);
    mustBe('incidents left open', counts.incidentsOpen, 0);
    const outcome: Outcome = {
      bench: 'storm',
      ours: counts.mostInAMinute,
      floor: TARGET_NOTICES,
      ratio: counts.mostInAMinute / TARGET_NOTICES,
      unit: 'notices within a minute',
      target: TARGET_NOTICES,
      met: counts.mostInAMinute <= TARGET_NOTICES,
      sites,
      ...counts,
    };
    return outcome;
  } finally {
    await sink.close();
    await rig.close();
  }
};
