import { resolveOptions } from '../options.js';
import { Scenario } from '../scenario/scenario.js';
import type { Incident } from '../scenario/incidents.js';
import { buildWorld } from '../world/build-world.js';
import { overlapMs, subtract, union } from './intervals.js';
import type { SiteTimeline } from './site-timeline.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 2, 4);

const timelineWith = (...incidents: Incident[]): SiteTimeline => {
  const world = buildWorld(resolveOptions({ startAt: START, sitesPerOrg: 3 }));
  const scenario = new Scenario(world);
  scenario.add(...incidents);
  const site = world.orgs[0]?.sites[0];
  if (!site) throw new Error('the world has no site');
  return scenario.timelineOf(site);
};

/** Bytes by adding the rate up second by second, in the middle of each second. */
const summed = (timeline: SiteTimeline, slot: number, span: { fromMs: number; toMs: number }): number => {
  const traffic = timeline.circuits[slot]?.traffic.rx;
  let bytes = 0;
  for (let atMs = span.fromMs + 500; atMs < span.toMs; atMs += 1000) bytes += (traffic?.rateBps(atMs) ?? 0) / 8;
  return bytes;
};

describe('traffic', () => {
  const at = (hour: number, minute = 0): number => START + hour * HOUR + minute * MINUTE;
  const busy: Incident[] = [
    { kind: 'circuit-flap', site: 0, from: at(9, 10), to: at(9, 50), count: 3, downSeconds: 120 },
    { kind: 'congestion', site: 0, from: at(10, 15), to: at(13), rampMinutes: 60 },
    { kind: 'failover', site: 0, from: at(13, 20), to: at(14, 5) },
    { kind: 'site-down', site: 0, from: at(15, 30), to: at(16, 10) },
  ];

  it.each([0, 1])('is the sum of its rate, whatever happens (circuit %i)', (slot) => {
    const timeline = timelineWith(...busy);
    for (let hour = 8; hour < 18; hour += 1) {
      const span = { fromMs: at(hour), toMs: at(hour + 1) };
      const exact = timeline.circuits[slot]?.traffic.rx.bytesBetween(span.fromMs, span.toMs) ?? 0;
      expect(Math.abs(summed(timeline, slot, span) - exact)).toBeLessThanOrEqual(Math.max(10, exact * 1e-4));
    }
  });

  it('adds up: two parts of a span carry what the whole carries', () => {
    const traffic = timelineWith(...busy).circuits[0]?.traffic.rx;
    const whole = traffic?.bytesBetween(at(8), at(18)) ?? 0;
    const parts = (traffic?.bytesBetween(at(8), at(12, 34)) ?? 0) + (traffic?.bytesBetween(at(12, 34), at(18)) ?? 0);
    expect(Math.abs(whole - parts)).toBeLessThan(1);
  });

  it('is busier at lunch than at night and never negative', () => {
    const timeline = timelineWith();
    const traffic = timeline.circuits[0]?.traffic.rx;
    const local = at(0) - timeline.site.offsetMs;
    expect(traffic?.rateBps(local + 12.5 * HOUR)).toBeGreaterThan(5 * (traffic?.rateBps(local + 3 * HOUR) ?? 0));
    for (let step = 0; step < 2016; step += 1) expect(traffic?.rateBps(START + step * 300_000)).toBeGreaterThan(0);
  });

  it('starts counting at zero after a power loss, and goes on after a mere loss of contact', () => {
    const [power, contact] = [true, false].map((reboots) =>
      timelineWith({ kind: 'site-down', site: 0, from: at(9), to: at(10), reboots }),
    );
    const counter = (timeline: SiteTimeline | undefined): number => {
      const course = timeline?.circuits[0];
      return timeline && course ? timeline.counter(course, 'rx', at(10)) : -1;
    };
    expect(counter(power)).toBe(0);
    expect(counter(contact)).toBeGreaterThan(1e9);
  });
});

describe('spans', () => {
  it('join where they overlap or touch', () => {
    expect(
      union([
        { fromMs: 5, toMs: 9 },
        { fromMs: 1, toMs: 3 },
        { fromMs: 3, toMs: 4 },
        { fromMs: 8, toMs: 12 },
      ]),
    ).toEqual([
      { fromMs: 1, toMs: 4 },
      { fromMs: 5, toMs: 12 },
    ]);
  });

  it('leave what others do not cover', () => {
    const left = subtract(
      [{ fromMs: 0, toMs: 10 }],
      [
        { fromMs: 2, toMs: 3 },
        { fromMs: 8, toMs: 20 },
      ],
    );
    expect(left).toEqual([
      { fromMs: 0, toMs: 2 },
      { fromMs: 3, toMs: 8 },
    ]);
    expect(overlapMs(left, { fromMs: 1, toMs: 5 })).toBe(3);
  });
});
