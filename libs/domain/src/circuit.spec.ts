import { orLinkSpeed, UNKNOWN_BANDWIDTH, type Bandwidth } from './circuit.js';

const LINK: Bandwidth = { downMbps: 1000, upMbps: 1000, source: 'link_speed' };

describe('the speed of the link', () => {
  it('stands in where nothing is on record', () => {
    expect(orLinkSpeed(UNKNOWN_BANDWIDTH, LINK)).toEqual(LINK);
  });

  it('is the way down of a port that limits what it sends', () => {
    const shaped: Bandwidth = { downMbps: null, upMbps: 20, source: 'traffic_shaping' };
    expect(orLinkSpeed(shaped, LINK)).toEqual({ downMbps: 1000, upMbps: 20, source: 'traffic_shaping' });
    expect(orLinkSpeed(shaped, UNKNOWN_BANDWIDTH)).toEqual(shaped);
  });

  it('changes nothing that an operator said, not even an unknown bandwidth', () => {
    for (const said of [
      { downMbps: null, upMbps: 20, source: 'configured' },
      { downMbps: 0, upMbps: 0, source: 'configured' },
    ] as const)
      expect(orLinkSpeed(said, LINK)).toBe(said);
  });
});
