import type { NestFastifyApplication } from '@nestjs/platform-fastify';

type InjectOptions = Exclude<Parameters<NestFastifyApplication['inject']>[0], string | undefined>;

export interface Injected {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body: string;
}

/** Asks without a network. Of a live stream, which has no end, what comes until it is ready. */
export async function inject(app: NestFastifyApplication, options: InjectOptions): Promise<Injected> {
  if (typeof options.url !== 'string' || !/\/events(?:\?|$)/.test(options.url)) return app.inject(options);
  const response = await app.inject({ ...options, payloadAsStream: true });
  const isEndless = response.headers['content-type']?.toString().startsWith('text/event-stream') === true;
  let body = '';
  for await (const chunk of response.stream()) {
    body += String(chunk);
    if (isEndless && body.includes('event: ready')) break;
  }
  return { statusCode: response.statusCode, headers: response.headers, body };
}
