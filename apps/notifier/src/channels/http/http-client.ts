import { Agent, buildConnector, request, type Dispatcher } from 'undici';
import { TransientError, type Clock } from '@app/shared';
import { guardedLookup, refuseHost } from './address-guard.js';
import { classifyAnswer, classifyFailure } from './classify.js';

export interface HttpLimits {
  readonly connectMs: number;
  /** Until the first line of the answer. */
  readonly headersMs: number;
  readonly totalMs: number;
  readonly maxAnswerBytes: number;
}

/** A ticket takes up to five requests; together they end before the claim on the delivery does. */
export const HTTP_LIMITS: HttpLimits = { connectMs: 5_000, headersMs: 10_000, totalMs: 15_000, maxAnswerBytes: 1_000_000 };

export interface HttpClientOptions {
  /** Whom it talks to, for messages. */
  readonly name: string;
  readonly allowPrivate: boolean;
  readonly clock: Clock;
  readonly limits?: HttpLimits;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  /** Answers other than 2xx that the caller understands. */
  readonly accept?: readonly number[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/**
 * One request and its answer, for everything that is sent to an address of the configuration: never to places inside the network unless allowed,
 * never on to where a redirect leads, never longer or larger than the limits. Anything but an expected answer is thrown as one of our two kinds of error.
 */
export class HttpClient {
  private readonly agent: Agent;
  private readonly limits: HttpLimits;

  constructor(private readonly options: HttpClientOptions) {
    this.limits = options.limits ?? HTTP_LIMITS;
    const { allowPrivate } = options;
    const connect = buildConnector({ lookup: guardedLookup(allowPrivate), timeout: this.limits.connectMs });
    this.agent = new Agent({
      // One connection a request: an answer is never lost because an idle connection was just being closed.
      pipelining: 0,
      headersTimeout: this.limits.headersMs,
      bodyTimeout: this.limits.headersMs,
      connect: (to, done) => {
        try {
          refuseHost(to.hostname, allowPrivate);
        } catch (error) {
          return done(error as Error, null);
        }
        connect(to, done);
      },
    });
  }

  async send({ method, url, headers = {}, body, accept = [] }: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.exchange(url, {
      method,
      headers: {
        accept: 'application/json',
        'user-agent': 'mistwatch',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const { status } = answer;
    if ((status >= 200 && status < 300) || accept.includes(status)) return answer;
    throw classifyAnswer(this.options.name, url, answer, this.options.clock.now());
  }

  /** The body as JSON; a page in HTML or half an answer is nobody's answer, so what became of the request is unknown. */
  json(answer: HttpAnswer): unknown {
    try {
      return JSON.parse(answer.text) as unknown;
    } catch {
      const what = `${answer.text.length} characters of ${answer.contentType || 'no type'}`;
      throw new TransientError(
        'ANSWER_UNREADABLE',
        `${this.options.name} answered ${answer.status} with ${what} instead of JSON.`,
      );
    }
  }

  /** What is under way comes to its end first: cut off, nobody would know whether it was taken. */
  close(): Promise<void> {
    return this.agent.close();
  }

  private async exchange(
    url: string,
    options: Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>,
  ): Promise<HttpAnswer & { readonly headers: Answered['headers'] }> {
    try {
      const signal = AbortSignal.timeout(this.limits.totalMs);
      const answered = await request(url, { ...options, dispatcher: this.agent, signal });
      const { statusCode: status, headers } = answered;
      return { status, headers, contentType: String(headers['content-type'] ?? ''), text: await this.text(answered) };
    } catch (error) {
      throw classifyFailure(this.options.name, error);
    }
  }

  /** The body as far as it may go and came; whoever needs all of it finds out. The status has said already what became of the request. */
  private async text({ body }: Answered): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > this.limits.maxAnswerBytes) break;
      }
    } catch {
      return Buffer.concat(chunks).toString('utf8');
    }
    return Buffer.concat(chunks).toString('utf8', 0, this.limits.maxAnswerBytes);
  }
}

type Answered = Dispatcher.ResponseData;
