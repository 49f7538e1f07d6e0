import { PermanentError, TransientError } from '@app/shared';
import { NotTakenError } from './channel.js';
import { classifySmtpError } from './email/smtp-error.js';
import { classifyAnswer, classifyFailure } from './http/classify.js';

const failure = (facts: object): Error => Object.assign(new Error('something'), facts);
const answered = (status: number): Error =>
  classifyAnswer('A receiver', 'https://example.com/', { status, headers: {}, contentType: '', text: '' }, 0);

/** Whether a receiver may have a notice after all decides whether it hears of the end. */
describe('a failure is certain when nothing can have arrived', () => {
  it.each<[string, Error]>([
    ['a mail server that says "later"', classifySmtpError(failure({ code: 'EMESSAGE', responseCode: 451 }))],
    ['a mail server that is not there', classifySmtpError(failure({ code: 'ESOCKET', originalCode: 'ECONNREFUSED' }))],
    ['a mail server without a name', classifySmtpError(failure({ code: 'EDNS' }))],
    ['a receiver that is busy', answered(429)],
    ['a receiver that is down', answered(503)],
    ['a receiver that is not there', classifyFailure('A receiver', failure({ code: 'ECONNREFUSED' }))],
  ])('%s', (_, error) => {
    expect(error).toBeInstanceOf(NotTakenError);
    expect(error).toBeInstanceOf(TransientError);
  });

  it.each<[string, Error]>([
    ['a mail server that hangs up', classifySmtpError(failure({ code: 'ECONNECTION', command: 'CONN' }))],
    ['a mail server that says nothing', classifySmtpError(failure({ code: 'ETIMEDOUT' }))],
    ['a gateway that got no answer', answered(504)],
    ['a receiver that broke', answered(500)],
    ['a receiver that hangs up', classifyFailure('A receiver', failure({ code: 'UND_ERR_SOCKET' }))],
  ])('not %s', (_, error) => {
    expect(error).not.toBeInstanceOf(NotTakenError);
    expect(error).not.toBeInstanceOf(PermanentError);
  });
});
