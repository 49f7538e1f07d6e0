import { PermanentError, registerSecret, TransientError } from '@app/shared';
import { ManualClock, startHttpReceiver, type HttpReceiver } from '@app/testing';
import { HttpClient } from './http-client.js';
import { QUICK } from './http.fixture.js';

const NOW = Date.UTC(2026, 2, 2, 12);
let receiver: HttpReceiver;
let answer: { status: number; body?: unknown } = { status: 200 };
beforeAll(async () => void (receiver = await startHttpReceiver(() => answer)));
afterEach(() => {
  receiver.setFault(null);
  answer = { status: 200 };
});
afterAll(() => receiver.close());

const client = (allowPrivate: boolean) =>
  new HttpClient({ name: 'The receiver', allowPrivate, clock: new ManualClock(NOW), limits: QUICK });
const send = (url = receiver.url, allowPrivate = true) => client(allowPrivate).send({ method: 'POST', url, body: { a: 1 } });
const portOf = () => new URL(receiver.url).port;

describe('requests of channels', () => {
  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '127.1', '[::1]', '[::ffff:127.0.0.1]'])(
    'do not reach %s inside, and no connection is tried',
    async (host) => {
      const before = receiver.requests.length;
      const failure = await send(`http://${host}:${portOf()}/`, false).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PermanentError);
      expect(failure).toMatchObject({ code: 'ADDRESS_REFUSED' });
      expect(receiver.requests).toHaveLength(before);
    },
  );

  it('reach a name inside where that is allowed, but never where clouds keep credentials', async () => {
    expect(await send(`http://localhost:${portOf()}/`)).toMatchObject({ status: 200 });
    await expect(send('http://169.254.169.254/latest/meta-data/')).rejects.toThrow('the cloud keeps credentials');
  });

  it.each([
    [400, PermanentError],
    [401, PermanentError],
    [404, PermanentError],
    [410, PermanentError],
    [408, TransientError],
    [425, TransientError],
    [429, TransientError],
    [500, TransientError],
    [503, TransientError],
  ])('that are answered with %i are tried again or not', async (status, kind) => {
    answer = { status, body: 'because' };
    await expect(send()).rejects.toBeInstanceOf(kind);
    await expect(send()).rejects.toThrow(`The receiver answered ${status}: because`);
  });

  it('wait no longer than an hour, whatever the receiver asks for', async () => {
    const busy = await startHttpReceiverWith({ 'retry-after': '999999999' });
    await expect(send(busy.url)).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    await busy.close();
    const dated = await startHttpReceiverWith({ 'retry-after': new Date(NOW + 90_000).toUTCString() });
    await expect(send(dated.url)).rejects.toMatchObject({ retryAfterMs: 90_000 });
    await dated.close();
  });

  it('fail without quoting secrets or pages', async () => {
    registerSecret('very-secret-key-of-a-channel');
    answer = { status: 400, body: `no: very-secret-key-of-a-channel ${'x'.repeat(5_000)}` };
    const failure = await send().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^The receiver answered 400: no: \[redacted\] x+…$/) as string,
    });
    answer = { status: 502, body: '<html><b>Bad gateway</b></html>' };
    await expect(send()).rejects.toThrow('The receiver answered 502 with a page of 31 characters in HTML');
  });

  it('end when nobody answers, and when nobody is there', async () => {
    receiver.setFault('silence');
    await expect(send()).rejects.toBeInstanceOf(TransientError);
    await expect(send('http://127.0.0.1:1/')).rejects.toBeInstanceOf(TransientError);
    await expect(send('http://no-such-host.invalid/')).rejects.toBeInstanceOf(TransientError);
  });

  it('keep no more of an endless answer than they may', async () => {
    receiver.setFault('huge');
    expect((await send()).text).toHaveLength(QUICK.maxAnswerBytes);
  });
});

const startHttpReceiverWith = (headers: Record<string, string>): Promise<HttpReceiver> =>
  startHttpReceiver(() => ({ status: 503, headers }));
