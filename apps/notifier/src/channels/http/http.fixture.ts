import type { HttpFault, HttpReceiver } from '@app/testing';
import type { Receiver } from '../channel.contract.js';
import type { HttpLimits } from './http-client.js';

/** Long enough for a local server, short enough for a spec about silence. */
export const QUICK: HttpLimits = { connectMs: 2_000, headersMs: 600, totalMs: 5_000, maxAnswerBytes: 1_000_000 };

/** The receiver of a contract: a fake service that counts what arrived. */
export const httpReceiver = (
  service: Pick<HttpReceiver, 'setFault'>,
  destination: string,
  received: () => readonly string[],
): Receiver => ({
  destination,
  received,
  refuse: (how) => service.setFault(faultOf(how)),
});

const faultOf = (how: Parameters<Receiver['refuse']>[0]): HttpFault | null =>
  how === 'later' ? 'broken' : how === 'forever' ? 'refuse' : how;
