import { turnAt, turnsBetween, type Rota } from './rota.js';

const at = (text: string): number => Date.parse(text);
const rota: Rota = {
  id: 'network',
  timezone: 'Europe/Berlin',
  from: at('2026-01-05T08:00:00Z'),
  turnDays: 7,
  members: ['ana', 'ben', 'cleo'],
};
const onCall = (when: string, overrides: Parameters<typeof turnAt>[1] = []): string | undefined =>
  turnAt(rota, overrides, at(when))?.member;

describe('a rota', () => {
  it('hands over at nine on the clocks of its zone, in winter and in summer', () => {
    const handovers = turnsBetween(rota, [], { from: at('2026-01-05T08:00:00Z'), to: at('2027-01-04T08:00:00Z') });
    const clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'Europe/Berlin',
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
    });
    expect(handovers).toHaveLength(52);
    expect(new Set(handovers.map(({ from }) => clock.format(from)))).toEqual(new Set(['Mon 09:00']));
    expect(handovers.slice(0, 4).map(({ member }) => member)).toEqual(['ana', 'ben', 'cleo', 'ana']);
  });

  it('belongs to the next one from the instant of the handover on, in the week of a changed clock too', () => {
    expect(onCall('2026-03-30T06:59:59Z')).toBe('cleo');
    expect(onCall('2026-03-30T07:00:00Z')).toBe('ana');
  });

  it('has nobody before it begins, and nobody without members', () => {
    expect(onCall('2026-01-05T07:59:59Z')).toBeUndefined();
    expect(turnAt({ ...rota, members: [] }, [], at('2026-02-01T00:00:00Z'))).toBeNull();
  });

  it('gives a stretch to whoever takes it, the later entered one where two overlap', () => {
    const overrides = [
      { member: 'dan', from: at('2026-01-06T00:00:00Z'), to: at('2026-01-08T00:00:00Z'), enteredAt: 1 },
      { member: 'eve', from: at('2026-01-07T00:00:00Z'), to: at('2026-01-07T12:00:00Z'), enteredAt: 2 },
    ];
    const turns = turnsBetween(rota, overrides, { from: at('2026-01-05T08:00:00Z'), to: at('2026-01-12T08:00:00Z') });
    expect(turns.map(({ member, from }) => `${member} ${new Date(from).toISOString().slice(5, 13)}`)).toEqual([
      'ana 01-05T08',
      'dan 01-06T00',
      'eve 01-07T00',
      'dan 01-07T12',
      'ana 01-08T00',
    ]);
  });
});
