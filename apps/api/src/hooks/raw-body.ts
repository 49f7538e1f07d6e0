import type { FastifyInstance } from 'fastify';
import { sendProblem } from '../http/problem.filter.js';
import { problem } from '../http/problem.js';

/** Where Mist posts its deliveries. */
export const HOOK_ROUTE = '/v1/hooks/mist/:org';

/** Several times what the aggregated deliveries of a large organization come to. */
export const HOOK_BODY_LIMIT_BYTES = 1024 * 1024;

const RAW = 'application/vnd.mistwatch.raw';

/**
 * Bodies of deliveries stay bytes, whatever type they claim: the signature is over the bytes, and what is no JSON is to be kept as well. Encoded
 * bodies are refused: nothing says whether the signature is over what was sent or over what was meant.
 */
export function keepHookBodiesRaw(server: FastifyInstance): void {
  server.addContentTypeParser(RAW, { parseAs: 'buffer', bodyLimit: HOOK_BODY_LIMIT_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  server.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url !== HOOK_ROUTE) return done();
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      sendProblem(
        problem('unsupported-media-type', { detail: 'Send the body as it was signed, without Content-Encoding.' }),
        reply,
      );
      return;
    }
    request.raw.headers['content-type'] = RAW;
    done();
  });
}
