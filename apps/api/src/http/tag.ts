import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { codeRevision } from './code-revision.js';

/** A strong tag of the answer made of these parts: other code may answer otherwise, and compressed bytes are other bytes. */
export function strongTag(parts: readonly unknown[], headers: FastifyRequest['headers']): string {
  const isGzip = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  const text = JSON.stringify([...parts, isGzip, codeRevision()]);
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}
