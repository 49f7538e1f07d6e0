import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { channelsOf } from '@app/notifier';
import { storeDelivery, type Database, type Runtime } from '@app/shared';
import type { SmtpSink } from '@app/testing';
import type { FleetGateway } from './fleet.js';
import { postUpDown, type HookTarget } from './hooks.js';

type Email = ReturnType<ReturnType<typeof channelsOf>['of']>;
type Notice = Parameters<Email['send']>[0];

interface StoredNotice {
  readonly notification: Notice;
  readonly destination: string;
}

/** What the shortest way could cost: the same bytes posted, one row stored, one mail of the same kind sent; nobody decides anything. */
export async function floorTimes(
  { runtime, database, sink }: { readonly runtime: Runtime; readonly database: Database; readonly sink: SmtpSink },
  target: HookTarget,
  gateways: readonly FleetGateway[],
): Promise<number[]> {
  const channels = channelsOf(runtime.settings, runtime);
  const [stored] = await database.query<StoredNotice & { [column: string]: unknown }>(
    `select notification, destination from delivery where status = 'sent' and reason = 'opened' order by id desc limit 1`,
  );
  if (stored === undefined) throw new Error('No notice was sent that the floor could send again.');
  const takers = { database, channel: channels.of('email'), stored };
  const server = createServer((request, response) => void take(takers, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    const times: number[] = [];
    for (const gateway of gateways) {
      const before = sink.mails.length;
      const postedAt = await postUpDown({ ...target, url }, gateway, { isUp: false, at: runtime.clock.now() });
      const mails = await sink.waitFor(before + 1);
      times.push((mails[before]?.takenAt ?? Number.NaN) - postedAt);
    }
    return times;
  } finally {
    server.close();
    await channels.close();
    // A minute later the sweep would take them for deliveries that were left behind, and all these sites would fall at once.
    await database.query('delete from inbox where correlation_id = any($1)', [gateways.map((_, i) => correlationOf(i))]);
  }
}

interface Takers {
  readonly database: Database;
  readonly channel: Email;
  readonly stored: StoredNotice;
}

let taken = 0;
const correlationOf = (nth: number): string => `floor-${nth}`;

async function take({ database, channel, stored }: Takers, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const { notification, destination } = stored;
  const receivedAt = Date.now();
  const [org] = await database.query<{ id: number }>('select id from org limit 1');
  const orgId = org?.id ?? 0;
  await storeDelivery(database, { orgId, body: Buffer.concat(chunks), receivedAt, correlationId: correlationOf(taken) });
  response.writeHead(202).end();
  await channel.send(notification, {
    orgId,
    incidentId: notification.incidentId,
    step: 1_000 + taken++,
    destination,
    createdAt: receivedAt,
    incidentOpenedAt: notification.openedAt,
    report: null,
    thread: null,
  });
}
