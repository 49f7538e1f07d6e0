import { ackLinkUrl, parseAckLinkKeys, signAckLink, verifyAckLink, type AckLinkClaim } from './ack-links.js';

const OLD = { id: 'k1', secret: 'a'.repeat(32) };
const NEW = { id: 'k2', secret: 'b'.repeat(32) };
const EXPIRES_AT = Date.UTC(2026, 2, 2);
const CLAIM: AckLinkClaim = {
  orgId: 1,
  incidentId: 17,
  step: 2,
  destination: 'email:Nacht Dienst <night@example.com>',
  expiresAt: EXPIRES_AT,
};
const BEFORE = EXPIRES_AT - 1;

describe('a link to acknowledge', () => {
  it('says what was signed, until it expires', () => {
    const token = signAckLink(CLAIM, OLD);
    expect(verifyAckLink(token, [OLD], BEFORE)).toEqual({ is: 'valid', claim: CLAIM });
    expect(verifyAckLink(token, [OLD], EXPIRES_AT)).toEqual({ is: 'expired', claim: CLAIM });
  });

  it('outlives a change of keys, and ends when its key goes', () => {
    const token = signAckLink(CLAIM, OLD);
    expect(verifyAckLink(token, [NEW, OLD], BEFORE).is).toBe('valid');
    expect(verifyAckLink(token, [NEW], BEFORE).is).toBe('forged');
    expect(verifyAckLink(token, [], BEFORE).is).toBe('forged');
    expect(verifyAckLink(token, [{ ...NEW, id: OLD.id }], BEFORE).is).toBe('forged');
  });

  it('is forged when any character of it is another', () => {
    const token = signAckLink(CLAIM, OLD);
    for (let i = 0; i < token.length; i++) {
      const other = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      expect([i, verifyAckLink(other, [OLD], BEFORE).is]).toEqual([i, 'forged']);
    }
  });

  it.each(['', '.', '....', '1.k1..', '1.k1.e30.', 'x'.repeat(5_000), `${'.'.repeat(800)}`, '1.__proto__.W10.AA'])(
    'takes %j for forged',
    (token) => {
      expect(verifyAckLink(token, [OLD], BEFORE)).toEqual({ is: 'forged', claim: null });
    },
  );

  it('takes one incident for another of nobody', () => {
    const [version, id, , signature] = signAckLink(CLAIM, OLD).split('.');
    const payload = signAckLink({ ...CLAIM, incidentId: 18 }, OLD).split('.')[2];
    expect(verifyAckLink([version, id, payload, signature].join('.'), [OLD], BEFORE).is).toBe('forged');
  });

  it('has an address where people reach us and a key is set, signed by the first', () => {
    const url = ackLinkUrl({ publicUrl: 'https://mistwatch.example.com', ackLinkKeys: [NEW, OLD] }, CLAIM);
    expect(url).toBe(`https://mistwatch.example.com/ack/${signAckLink(CLAIM, NEW)}`);
    expect(ackLinkUrl({ publicUrl: null, ackLinkKeys: [NEW] }, CLAIM)).toBeNull();
    expect(ackLinkUrl({ publicUrl: 'https://mistwatch.example.com', ackLinkKeys: [] }, CLAIM)).toBeNull();
  });
});

describe('keys of links', () => {
  it('stand in one variable, the one that signs first', () => {
    expect(parseAckLinkKeys(`k2:${NEW.secret}, k1:${OLD.secret}`)).toEqual([NEW, OLD]);
  });

  it.each(['', 'k1', 'k1:short', `K1:${OLD.secret}`, `k1:${OLD.secret},`, `k1:${OLD.secret},k1:${NEW.secret}`])(
    'refuses %j',
    (text) => {
      expect(parseAckLinkKeys(text)).toBeNull();
    },
  );
});
