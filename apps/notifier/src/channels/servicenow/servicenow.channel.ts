import { TransientError, type ServiceNowSettings } from '@app/shared';
import type { Accepted, Channel, ChannelDescription, OutgoingDelivery, TicketState } from '../channel.js';
import { noticeIdOf, threadIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import { isNews, linksOf } from '../notice.format.js';
import type { Notification } from '../notification.js';
import { summaryOf, templateOf, ticketText } from '../tickets/ticket-text.js';
import { ServiceNowApi, type ServiceNowRecord } from './servicenow.api.js';

/** One record an incident: opened, noted, resolved. */
export const serviceNowChannel = (settings: ServiceNowSettings, parts: ChannelParts): Channel =>
  new ServiceNowChannel(settings, new ServiceNowApi(settings, httpFor('ServiceNow', settings, parts)));

const MAX_SUMMARY = 160;
const MAX_TEXT = 4_000;

class ServiceNowChannel implements Channel {
  constructor(
    private readonly settings: ServiceNowSettings,
    private readonly api: ServiceNowApi,
  ) {}

  describe(): ChannelDescription {
    const { id, table } = this.settings;
    return { id, name: 'ServiceNow', destinations: [`${id}:${table}`], attachesReport: false };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const record = await this.api.find(threadIdOf(delivery));
    if (record !== null) {
      // The newest notice stands in the record itself, so that the same one makes no second note.
      if (record.newestNotice !== messageId) await this.api.change(record.sysId, this.changeOf(notification, messageId, record));
      return { messageId, remoteId: record.sysId };
    }
    // Somebody deleted it, and it is over: nothing is left to be closed.
    if (notification.reason === 'recovered') return { messageId, remoteId: null };
    return { messageId, remoteId: await this.open(notification, delivery) };
  }

  async read(remoteId: string): Promise<TicketState | null> {
    const record = await this.api.read(remoteId);
    return record === null ? null : { isClosed: this.isEnded(record), assignee: record.assignee };
  }

  close(): Promise<void> {
    return this.api.close();
  }

  private async open(notification: Notification, delivery: OutgoingDelivery): Promise<string> {
    const { templates, assignmentGroup } = this.settings;
    const template = templateOf(templates, notification.severity);
    const sysId = await this.api.create({
      ...(assignmentGroup === undefined ? {} : { assignment_group: assignmentGroup }),
      ...template.fields,
      short_description: withoutCode(summaryOf(notification, template, MAX_SUMMARY)),
      description: textOf(notification),
      correlation_id: threadIdOf(delivery),
      correlation_display: noticeIdOf(delivery),
    });
    if (sysId === null) throw new TransientError('ANSWER_UNREADABLE', 'ServiceNow took a record without saying which id it has.');
    return sysId;
  }

  private changeOf(notification: Notification, messageId: string, record: ServiceNowRecord): object {
    const { templates, resolvedState, closeCode } = this.settings;
    const { reason, severity } = notification;
    const isOver = reason === 'recovered' && !this.isEnded(record);
    return {
      ...(isNews(notification) ? templateOf(templates, severity).fields : {}),
      ...(isOver ? { state: String(resolvedState), close_code: closeCode, close_notes: 'Over, as mistwatch sees it.' } : {}),
      work_notes: textOf(notification),
      correlation_display: messageId,
    };
  }

  private readonly isEnded = ({ state }: ServiceNowRecord): boolean => state >= this.settings.resolvedState;
}

/** Between these, notes would be taken for HTML. */
const withoutCode = (text: string): string => text.replace(/\[(\/?)code\]/gi, '($1code)');

function textOf(notification: Notification): string {
  const links = linksOf(notification)
    .map(({ url, text }) => `\n${text}: ${url}`)
    .join('');
  return `${withoutCode(ticketText(notification, MAX_TEXT - links.length - 1))}\n${links}`;
}
