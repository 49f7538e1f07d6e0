import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
import pg from 'pg';

/**
 * Loaded into a notifier by `node --import`: it dies right before or right after its N-th statement that writes (CHAOS_DIE=before:17), as if somebody
 * had pulled the plug there. It also notes which local ports are its own (CHAOS_PORTS), so that receivers know who spoke to them.
 */
const [when = 'never', nth = '0'] = (process.env['CHAOS_DIE'] ?? 'never').split(':');
const portsFile = process.env['CHAOS_PORTS'] ?? '';
const WRITES = /^\s*(commit|insert|update|delete|with)\b/i;
let writes = 0;

const die = (): void => void process.kill(process.pid, 'SIGKILL');

type Call = (this: unknown, ...args: unknown[]) => unknown;

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  return typeof query === 'object' && query !== null && 'text' in query ? String(query.text) : '';
}

/** Dies as soon as the server has answered, before anybody hears of it. */
function dyingAfter(call: Call, self: unknown, args: unknown[]): unknown {
  const last = args.at(-1);
  if (typeof last === 'function') return call.apply(self, [...args.slice(0, -1), die]);
  const answer = call.apply(self, args);
  return answer instanceof Promise ? answer.finally(die) : answer;
}

const clientPrototype = pg.Client.prototype as unknown as { query: Call };
const { query } = clientPrototype;
clientPrototype.query = function (this: unknown, ...args: unknown[]): unknown {
  if (!WRITES.test(textOf(args[0])) || ++writes !== Number(nth)) return query.apply(this, args);
  if (when === 'before') die();
  return when === 'after' ? dyingAfter(query, this, args) : query.apply(this, args);
};

const socketPrototype = Socket.prototype as unknown as { connect: Call };
const { connect } = socketPrototype;
socketPrototype.connect = function (this: unknown, ...args: unknown[]): unknown {
  const socket = this as Socket;
  socket.once('connect', () => appendFileSync(portsFile, `${process.pid} ${socket.localPort} ${Date.now()}\n`));
  return connect.apply(this, args);
};
