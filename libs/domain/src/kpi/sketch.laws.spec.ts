import fc from 'fast-check';
import { percentileCont } from './quality.js';
import { Sketch } from './sketch.js';

const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
/** Heavy tails: Pareto and lognormal, and what breaks estimates: zeros, many equal values, tiny and huge ones. */
const pareto = fc.tuple(share, fc.double({ min: 0.3, max: 3, noNaN: true })).map(([u, shape]) => (1 - u) ** (-1 / shape));
const lognormal = fc
  .tuple(share, share, fc.double({ min: 0.5, max: 3, noNaN: true }))
  .map(([u, v, sigma]) => Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v)));
const value = fc.oneof(
  { weight: 4, arbitrary: pareto.map((x) => Math.min(x, 1e8)) },
  { weight: 4, arbitrary: lognormal.map((x) => Math.min(x, 1e8)) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.constantFrom(1, 12.5, 100) },
);
const parts = fc.array(fc.array(value, { maxLength: 80 }), { maxLength: 12 });
const fraction = fc.oneof(fc.constant(0.95), fc.double({ min: 0, max: 1, noNaN: true }));

/** A merge of any shape: neighbours are joined in a random order until one is left; each is written and read again, as tables do. */
const mergedInAnyShape = (values: readonly (readonly number[])[], shape: readonly number[]): Sketch => {
  const left = values.map((part) => Sketch.of(part).encode());
  for (let step = 0; left.length > 1; step++) {
    const at = (shape[step % Math.max(1, shape.length)] ?? 0) % (left.length - 1);
    const [a = new Uint8Array(), b = new Uint8Array()] = left.splice(at, 2);
    left.splice(at, 0, Sketch.merged([a, b]).encode());
  }
  return Sketch.merged(left);
};

describe('sketches, whatever the values', () => {
  it('answer quantiles within one percent of the exact ones, after merges of any shape', () => {
    fc.assert(
      fc.property(parts, fc.array(fc.nat(20), { maxLength: 12 }), fraction, (values, shape, at) => {
        const exact = percentileCont(values.flat(), at);
        const estimate = mergedInAnyShape(values, shape).quantile(at);
        if (exact === null) expect(estimate).toBeNull();
        else expect(Math.abs((estimate ?? NaN) - exact)).toBeLessThanOrEqual(exact * 0.01);
      }),
      { numRuns: 200 },
    );
  });

  it('are the same bytes in any order and nesting of merges, with an identity', () => {
    fc.assert(
      fc.property(parts, fc.array(fc.nat(20), { maxLength: 12 }), (values, shape) => {
        const once = Sketch.of(values.flat()).encode();
        expect(mergedInAnyShape(values, shape).encode()).toEqual(once);
        expect(mergedInAnyShape([...values].reverse(), shape).encode()).toEqual(once);
        expect(Sketch.merged([new Sketch().encode(), once, null]).encode()).toEqual(once);
      }),
      { numRuns: 50 },
    );
  });
});
