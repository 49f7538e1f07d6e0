import { JsonLogger } from '../logging/json-logger.js';
import { registerSecret, registerUrlSecret, scrub, scrubText } from './redact.js';

describe('redaction', () => {
  it('removes registered secrets wherever they stand, also encoded', () => {
    registerSecret('s3cret/with+signs');
    expect(scrubText('a s3cret/with+signs b s3cret%2Fwith%2Bsigns c')).toBe('a [redacted] b [redacted] c');
  });

  it('removes the password of a registered URL, as it stands there and decoded', () => {
    registerUrlSecret('smtp://me:pa%24%24word@mail.example.com');
    expect(scrubText('auth pa$$word failed, pa%24%24word')).toBe('auth [redacted] failed, [redacted]');
  });

  it('removes what looks like a secret, registered or not', () => {
    expect(scrubText('Authorization: Token abcdefghijklmnop1234')).toBe('Authorization: Token [redacted]');
    expect(scrubText('redis://user:open-sesame@host:6379/0')).toBe('redis://user:[redacted]@host:6379/0');
  });

  it('leaves innocent text alone, and does not take short strings for secrets', () => {
    registerSecret('a');
    expect(scrubText('a token of thanks at http://host:80/a')).toBe('a token of thanks at http://host:80/a');
  });

  it('removes values of secret keys and keeps the rest', () => {
    expect(scrub({ token: 'x', nested: [{ smtpPassword: 'y', size: 3 }], authorization: 'z', at: null })).toEqual({
      token: '[redacted]',
      nested: [{ smtpPassword: '[redacted]', size: 3 }],
      authorization: '[redacted]',
      at: null,
    });
  });

  it('reaches messages, stacks and causes of errors', () => {
    registerSecret('deep-secret-1');
    const error = new Error('outer deep-secret-1', { cause: new Error('inner deep-secret-1') });
    expect(JSON.stringify(scrub(error))).not.toContain('deep-secret-1');
    expect(scrub(error)).toMatchObject({ message: 'outer [redacted]', cause: { message: 'inner [redacted]' } });
  });

  it('survives a ring', () => {
    const ring: Record<string, unknown> = {};
    ring['self'] = ring;
    expect(() => JSON.stringify(scrub(ring))).not.toThrow();
  });

  it('works on every line of the log', () => {
    registerSecret('logged-secret-2');
    const lines: string[] = [];
    const logger = new JsonLogger({ service: 'test', level: 'info', destination: { write: (line) => void lines.push(line) } });
    logger.log('text logged-secret-2', 'Context');
    logger.error({ message: 'object logged-secret-2', token: 'whatever', error: new Error('logged-secret-2') });
    logger.warn(new Error('error logged-secret-2'));
    logger.debug('not at this level');
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toMatch(/logged-secret-2|whatever/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      service: 'test',
      context: 'Context',
      message: 'text [redacted]',
    });
  });
});
