import type { StateInterval } from '../circuit.js';
import { inMaintenance, outagesOf } from './outages.js';

const up = (from: number, to: number): StateInterval => ({ from, to, state: 'up' });
const down = (from: number, to: number): StateInterval => ({ from, to, state: 'down' });

describe('outages', () => {
  it('begin with down and end with up', () => {
    expect(outagesOf([up(0, 10), down(10, 25), up(25, 30), down(30, 31), up(31, 40)])).toEqual([
      { start: 10, end: 25, downMs: 15, upAgainAt: 25, maintenanceMs: 0 },
      { start: 30, end: 31, downMs: 1, upAgainAt: 31, maintenanceMs: 0 },
    ]);
  });

  it('do not end by being unknown: down, unknown, down is one', () => {
    expect(outagesOf([up(0, 10), down(10, 20), down(50, 60), up(60, 70)])).toEqual([
      { start: 10, end: 60, downMs: 20, upAgainAt: 60, maintenanceMs: 0 },
    ]);
  });

  it('tell when the end is not known', () => {
    expect(outagesOf([down(10, 20), up(50, 60)])).toMatchObject([{ end: 20, upAgainAt: 50 }]);
    expect(outagesOf([down(10, 20)])).toMatchObject([{ end: 20, upAgainAt: null }]);
    expect(outagesOf([])).toEqual([]);
  });

  it('say how much lay inside maintenance', () => {
    const windows = [
      { from: 12, to: 15 },
      { from: 14, to: 18 },
      { from: 30, to: 40 },
    ];
    const [first, second, third] = outagesOf(
      [down(10, 20), up(20, 30), down(31, 39), up(39, 50), down(50, 51), up(51, 52)],
      windows,
    );
    expect(
      [first, second, third].map((outage) => (outage === undefined ? null : [outage.maintenanceMs, inMaintenance(outage)])),
    ).toEqual([
      [6, 'partly'],
      [8, 'wholly'],
      [0, 'no'],
    ]);
  });
});
