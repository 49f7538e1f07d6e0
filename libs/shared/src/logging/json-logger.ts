import type { LoggerService } from '@nestjs/common';
import { pino, type Logger as PinoLogger } from 'pino';
import { scrub, scrubText } from '../config/redact.js';
import type { LogLevel } from '../config/env.js';
import { correlationId } from '../queue/correlation.js';
import { RotatingFile } from './rotating-file.js';

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Standard output when absent. */
  readonly file?: string | null;
  /** Another place to write to; for tests. */
  readonly destination?: { write(line: string): void };
}

/** Parts of Nest that tell at start every module and route, hundreds of lines that say nothing new. */
const CHATTER: readonly unknown[] = ['InstanceLoader', 'RouterExplorer', 'RoutesResolver'];

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Nest's logger as JSON lines: one object a line, with the service, the correlation id and without secrets. */
export class JsonLogger implements LoggerService {
  private readonly pino: PinoLogger;

  constructor({ service, level, file, destination }: LoggerOptions) {
    const target = destination ?? (file === null || file === undefined ? undefined : new RotatingFile(file));
    const options = {
      level,
      base: { service },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    this.pino = target === undefined ? pino(options) : pino(options, target);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(CHATTER.includes(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    if (!this.pino.isLevelEnabled(level)) return;
    this.pino[level]({ ...correlated(), ...contextOf(rest), ...entryOf(message) });
  }
}

function correlated(): { correlationId?: string } {
  const id = correlationId();
  return id === null ? {} : { correlationId: id };
}

/** Nest passes the name of the class last, and for errors a stack before it. */
function contextOf(rest: readonly unknown[]): Record<string, unknown> {
  const context = rest.at(-1);
  const more = rest.slice(0, -1).filter((value) => value !== undefined);
  return {
    ...(typeof context === 'string' ? { context } : {}),
    ...(more.length === 0 ? {} : { more: scrub(more) }),
  };
}

/** An object's fields stand beside the message; `message` is its text. */
function entryOf(message: unknown): Record<string, unknown> {
  if (message instanceof Error) return { message: scrubText(message.message), error: scrub(message) };
  if (typeof message === 'object' && message !== null) return scrub(message) as Record<string, unknown>;
  return { message: scrubText(String(message)) };
}
