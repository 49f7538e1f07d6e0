import type { RenderedReport } from '@app/shared';
import type { FastifyReply } from 'fastify';

/** Nothing in a report may load or run anything, whatever a name from outside holds. */
const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Answers with a report; without a file the caller has it already. */
export function sendReport(reply: FastifyReply, tag: string, file: RenderedReport | null): void {
  void reply.header('etag', tag).header('cache-control', 'private, no-cache');
  if (file === null) {
    void reply.status(304).send();
    return;
  }
  void reply
    .header('content-disposition', `inline; filename="${file.fileName}"`)
    .header('content-security-policy', SANDBOX)
    .type(file.type)
    .send(file.bytes);
}
