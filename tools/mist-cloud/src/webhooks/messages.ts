import type { Alarm, DeviceEvent, Feed } from '../events/feed.js';
import type { Org, Site } from '../world/nouns.js';

/** The body of one delivery. */
export interface Message {
  readonly topic: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

const PER_MESSAGE = 50;
const UP_DOWN = /_(DIS)?CONNECTED$|_RESTARTED$/;

const deviceEvent = (event: DeviceEvent): Record<string, unknown> => ({
  device_name: event.deviceName,
  device_type: event.deviceType,
  ev_type: /DOWN|DISCONNECTED/.test(event.type) ? 'warn' : 'notice',
  mac: event.mac,
  org_id: event.site.orgId,
  site_id: event.site.id,
  site_name: event.site.name,
  text: event.text,
  timestamp: event.atMs / 1000,
  type: event.type,
});

/** A device that left the cloud or came back. */
export interface UpDown extends Pick<DeviceEvent, 'mac' | 'deviceName' | 'type' | 'atMs'> {
  readonly site: Pick<Site, 'id' | 'orgId' | 'name'>;
}

/** The keys say `ap` for every kind of device. */
const upDown = (event: UpDown): Record<string, unknown> => ({
  ap: event.mac,
  ap_name: event.deviceName,
  for_site: true,
  org_id: event.site.orgId,
  site_id: event.site.id,
  site_name: event.site.name,
  timestamp: event.atMs / 1000,
  type: event.type,
});

/** One such event as the cloud tells it. */
export const upDownMessage = (event: UpDown): Message => ({ topic: 'device-updowns', events: [upDown(event)] });

const alarmEvent = (alarm: Alarm): Record<string, unknown> => ({
  count: 1,
  id: alarm.id,
  last_seen: alarm.atMs / 1000,
  org_id: alarm.site.orgId,
  site_id: alarm.site.id,
  timestamp: alarm.atMs / 1000,
  type: alarm.type,
});

const inMessages = (topic: string, events: readonly Record<string, unknown>[]): Message[] =>
  Array.from({ length: Math.ceil(events.length / PER_MESSAGE) }, (_, index) => ({
    topic,
    events: events.slice(index * PER_MESSAGE, (index + 1) * PER_MESSAGE),
  }));

/** What the cloud has to tell about `[fromMs, toMs)`, several events per message. */
export const messagesOf = (feed: Feed, org: Org, span: { fromMs: number; toMs: number }): Message[] => {
  const events = feed.events(org, span.fromMs, span.toMs);
  return [
    ...inMessages('device-events', events.map(deviceEvent)),
    ...inMessages('device-updowns', events.filter((event) => UP_DOWN.test(event.type)).map(upDown)),
    ...inMessages('alarms', feed.alarms(org, span.fromMs, span.toMs).map(alarmEvent)),
  ];
};
