import { WanNames, type WanNameSince } from './wan-names.js';

const named = (circuitId: number, name: string | null, since: number): WanNameSince => ({ circuitId, deviceId: 1, name, since });
const owners = (names: WanNames, name: string, at: number): number[] =>
  [10, 20].filter((circuitId) => names.isOf(circuitId, { deviceId: 1, name, at }));

describe('a path under a WAN name', () => {
  it('stays with its circuit when the name changes', () => {
    const names = new WanNames([named(10, 'Fibre', -Infinity), named(10, 'Glass', 1000)]);
    expect(names.of(10)).toEqual(['Fibre', 'Glass']);
    expect(owners(names, 'Fibre', 999)).toEqual([10]);
    expect(owners(names, 'Glass', 1000)).toEqual([10]);
  });

  it('goes to whoever had the name then, when two ports swap', () => {
    const names = new WanNames([
      named(10, 'A', -Infinity),
      named(10, 'B', 1000),
      named(20, 'B', -Infinity),
      named(20, 'A', 1000),
    ]);
    expect([owners(names, 'A', 500), owners(names, 'B', 500)]).toEqual([[10], [20]]);
    expect([owners(names, 'A', 1500), owners(names, 'B', 1500)]).toEqual([[20], [10]]);
  });

  it('goes to the one that is learned of later, or had it last, when nobody is known to have it then', () => {
    expect(owners(new WanNames([named(10, 'Old', -Infinity), named(10, 'New', 1000)]), 'New', 900)).toEqual([10]);
    expect(owners(new WanNames([named(10, 'Old', -Infinity), named(10, null, 1000)]), 'Old', 1100)).toEqual([10]);
  });

  it('stays with the port that gave the name up, also when the next one had none before', () => {
    const names = new WanNames([named(10, 'Fibre', -Infinity), named(10, 'Glass', 1000), named(20, 'Fibre', -Infinity)]);
    expect([owners(names, 'Fibre', 999), owners(names, 'Fibre', 1000)]).toEqual([[10], [20]]);
  });

  it('of another gateway is nobody else’s', () => {
    const names = new WanNames([named(10, 'Fibre', -Infinity)]);
    expect(names.isOf(10, { deviceId: 2, name: 'Fibre', at: 0 })).toBe(false);
    expect(names.of(20)).toEqual([]);
  });
});
