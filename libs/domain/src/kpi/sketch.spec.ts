import { percentileCont } from './quality.js';
import { Sketch } from './sketch.js';

const heavyTail = (n: number): number[] => Array.from({ length: n }, (_, i) => 1 / ((i + 0.5) / n) ** 1.5);

describe('a sketch', () => {
  it.each([1, 2, 12, 288, 8064])('answers the p95 of %i heavy-tailed values within one percent', (n) => {
    const values = heavyTail(n);
    const exact = percentileCont(values, 0.95) ?? 0;
    const estimate = Sketch.of(values).quantile(0.95) ?? 0;
    expect(Math.abs(estimate - exact) / exact).toBeLessThanOrEqual(0.01);
  });

  it('of several encoded parts is the sketch of all their values', () => {
    const values = [...heavyTail(500), 0, 0, 3];
    const parts = [values.slice(0, 7), values.slice(7, 7), values.slice(7)].map((part) => Sketch.of(part).encode());
    expect(Sketch.merged([...parts, null]).encode()).toEqual(Sketch.of(values).encode());
  });

  it('is encoded from ascending values at once', () => {
    const values = [0, 1e-9, ...heavyTail(300), 2e12, 3, 3, 3.0001].sort((a, b) => a - b);
    expect(Sketch.encodeSorted(values)).toEqual(Sketch.of(values).encode());
    expect(Sketch.encodeSorted([0, 0])).toEqual(Sketch.of([0, 0]).encode());
    expect(Sketch.encodeSorted([])).toBeNull();
  });

  it('of nothing has no quantile', () => {
    expect(new Sketch().quantile(0.95)).toBeNull();
    expect(Sketch.merged([new Sketch().encode()]).count).toBe(0);
  });

  it('of zeros alone answers zero', () => {
    expect(Sketch.of([0, 0, 0]).quantile(0.95)).toBe(0);
  });

  it('refuses bytes that were cut off', () => {
    expect(() => Sketch.merged([Sketch.of([1000]).encode().slice(0, 2)])).toThrow(/ends in the middle/);
  });
});
