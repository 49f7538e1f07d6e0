import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Rig } from '../rig.js';
import type { ToParent, ToServer } from './messages.js';

export interface ApiProcess {
  readonly url: string;
  /** The same rows by a bare query, from the same process. */
  readonly bareUrl: string;
  /** Resident memory of the process, as it was some milliseconds ago. */
  rssBytes(): number;
  /** The most it had so far. */
  peakRssBytes(): number;
  close(): Promise<void>;
}

/** As docker-compose.yml starts it: V8 lets garbage lie otherwise while the machine has memory. */
const EAGER_HEAP = '--heap-growing-percent=25';

/** Starts an API in a process of its own on the rig's database. */
export async function startApiProcess({ runtime, clock }: Rig, orgId: number): Promise<ApiProcess> {
  const { env, queue, databaseUrl } = runtime;
  const child = fork(new URL('./server.js', import.meta.url), { serialization: 'advanced', execArgv: [EAGER_HEAP] });
  const send = (message: ToServer): boolean => child.send(message);
  let [bytes, peak] = [0, 0];
  const ready = new Promise<Extract<ToParent, { is: 'ready' }>>((resolve, reject) => {
    child.on('message', (message: ToParent) => {
      if (message.is === 'ready') resolve(message);
      else {
        bytes = message.bytes;
        peak = Math.max(peak, bytes);
      }
    });
    child.once('exit', (code) => reject(new Error(`The server ended with ${String(code)}.`)));
  });
  send({ is: 'start', orgId, now: clock.now(), env, queue, databaseUrl });
  const { url, bareUrl } = await ready;
  return {
    url,
    bareUrl,
    rssBytes: () => bytes,
    peakRssBytes: () => peak,
    close: async () => {
      const gone = once(child, 'exit');
      send({ is: 'stop' });
      await gone;
    },
  };
}
