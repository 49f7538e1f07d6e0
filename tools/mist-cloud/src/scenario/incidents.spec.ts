import { parseIncident } from './incidents.js';

const good = { kind: 'circuit-flap', site: 3, from: '2026-03-02T09:00:00Z', to: '2026-03-02T10:00:00Z', count: 4 };

describe('parseIncident', () => {
  it('takes what the README describes', () => {
    expect(parseIncident(good, 'entry 1')).toEqual(good);
  });

  it.each([
    [{ ...good, kind: 'fire' }, 'entry 1: kind "fire" is unknown; use one of circuit-down,'],
    [{ ...good, site: undefined }, 'entry 1: circuit-flap needs "site"'],
    [{ ...good, count: 0 }, 'entry 1: "count" must be a number from 1 to 10000'],
    [{ ...good, from: 'noon' }, 'entry 1.from: "noon" is not a time'],
    [{ ...good, to: good.from }, 'entry 1: "to" must be later than "from"'],
    [{ ...good, ports: [] }, 'entry 1: circuit-flap has no "ports"; it takes from, to, orgId, site, portId, count, downSeconds'],
    [null, 'entry 1: an incident is an object with a "kind"'],
  ])('says what is wrong with %j', (entry, message) => {
    expect(() => parseIncident(entry, 'entry 1')).toThrow(message);
  });
});
