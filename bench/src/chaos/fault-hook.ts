import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import pg from 'pg';
import { Transactions } from './boundary.js';

/**
 * Loaded into a notifier by `node --import`: it dies right before or right after the N-th time that it comes by a boundary, as if somebody had pulled
 * the plug there (CHAOS_DIE=before:17:commit delivery), or some milliseconds after it has passed so many of any kind (CHAOS_DIE=amid:80:12). It notes
 * which boundaries it passes, and which local ports are its own, so that receivers know who spoke to them (CHAOS_NOTES).
 */
const [when = 'never', nth = '0', target = ''] = (process.env['CHAOS_DIE'] ?? 'never').split(':');
const notes = process.env['CHAOS_NOTES'] ?? '';
const note = (what: string): void => appendFileSync(notes, `${process.pid} ${what}\n`);
let passed = 0;

type Call = (this: unknown, ...args: unknown[]) => unknown;

const die = (): void => void process.kill(process.pid, 'SIGKILL');

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}

const isAtTarget = (boundary: string | null): boolean =>
  boundary !== null && (when === 'amid' || boundary === target) && ++passed === Number(nth);

const connections = new WeakMap<object, Transactions>();

function transactionsOf(client: object): Transactions {
  const known = connections.get(client) ?? new Transactions();
  connections.set(client, known);
  return known;
}

/** Dies as soon as the server has answered, before anybody hears of it. */
function dyingAfter(call: Call, self: unknown, args: unknown[]): unknown {
  const dieThere = (): void => {
    note(`after ${target}`);
    die();
  };
  const last = args.at(-1);
  if (typeof last === 'function') return call.apply(self, [...args.slice(0, -1), dieThere]);
  const answer = call.apply(self, args);
  return answer instanceof Promise ? answer.finally(dieThere) : answer;
}

const clientPrototype = pg.Client.prototype as unknown as { query: Call };
const { query } = clientPrototype;
clientPrototype.query = function (this: unknown, ...args: unknown[]): unknown {
  const boundary = transactionsOf(this as object).boundaryAt(textOf(args[0]));
  if (boundary !== null) note(`passed ${boundary}`);
  if (!isAtTarget(boundary)) return query.apply(this, args);
  if (when === 'amid') setTimeout(die, Number(target));
  if (when === 'before') {
    note(`before ${target}`);
    die();
  }
  return when === 'after' ? dyingAfter(query, this, args) : query.apply(this, args);
};

const socketPrototype = Socket.prototype as unknown as { connect: Call };
const { connect } = socketPrototype;
socketPrototype.connect = function (this: unknown, ...args: unknown[]): unknown {
  const socket = this as Socket;
  socket.once('connect', () => note(`port ${socket.localPort} ${Date.now()}`));
  return connect.apply(this, args);
};
