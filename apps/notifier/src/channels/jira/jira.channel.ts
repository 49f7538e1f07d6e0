import { PermanentError, TransientError, type JiraSettings } from '@app/shared';
import {
  addressOf,
  type Accepted,
  type Channel,
  type ChannelDescription,
  type OutgoingDelivery,
  type TicketState,
} from '../channel.js';
import { noticeIdOf, threadIdOf } from '../delivery-id.js';
import { httpFor, type ChannelParts } from '../http/channel-parts.js';
import { clipped, isNews } from '../notice.format.js';
import type { Notification } from '../notification.js';
import { summaryOf, templateOf } from '../tickets/ticket-text.js';
import { JiraApi } from './jira.api.js';
import { jiraDocument } from './jira.document.js';

/** One ticket an incident: opened, commented, closed. */
export const jiraChannel = (settings: JiraSettings, parts: ChannelParts): Channel =>
  new JiraChannel(settings, new JiraApi(settings, httpFor('Jira', settings, parts)));

const MAX_SUMMARY = 250;
const OWN_LABEL = 'mistwatch';

class JiraChannel implements Channel {
  constructor(
    private readonly settings: JiraSettings,
    private readonly jira: JiraApi,
  ) {}

  describe(): ChannelDescription {
    const { id, projectKey } = this.settings;
    return { id, name: 'Jira', destinations: [`${id}:${projectKey}`], attachesReport: false };
  }

  async send(notification: Notification, delivery: OutgoingDelivery): Promise<Accepted> {
    const messageId = noticeIdOf(delivery);
    const key = await this.ticketOf(delivery);
    const issue = key === null ? null : await this.jira.issue(key);
    if (key !== null && issue !== null) {
      if (!includes(issue.description, messageId)) await this.renew(key, notification, messageId);
      if (notification.reason === 'recovered' && !issue.isDone) await this.end(key);
      return { messageId, remoteId: key };
    }
    // Somebody deleted it, and it is over: nothing is left to be closed.
    if (notification.reason === 'recovered') return { messageId, remoteId: null };
    return { messageId, remoteId: await this.open(notification, delivery) };
  }

  async read(remoteId: string): Promise<TicketState | null> {
    const issue = await this.jira.issue(remoteId);
    return issue === null ? null : { isClosed: issue.isDone, assignee: issue.assignee };
  }

  close(): Promise<void> {
    return this.jira.close();
  }

  /** Without an answer that named it, the ticket is looked for: it may be there although its answer was lost. */
  private async ticketOf(delivery: OutgoingDelivery): Promise<string | null> {
    return delivery.thread?.latest.remoteId ?? this.jira.find(projectOf(delivery), labelOf(delivery));
  }

  private async open(notification: Notification, delivery: OutgoingDelivery): Promise<string> {
    const template = templateOf(this.settings.templates, notification.severity);
    const labels = template.fields['labels'];
    const key = await this.jira.create({
      ...template.fields,
      project: { key: projectOf(delivery) },
      issuetype: { name: this.settings.issueType },
      summary: summaryOf(notification, template, MAX_SUMMARY),
      description: jiraDocument(notification, noticeIdOf(delivery)),
      labels: [...(Array.isArray(labels) ? (labels as unknown[]) : []), OWN_LABEL, labelOf(delivery)],
    });
    if (key === null) throw new TransientError('ANSWER_UNREADABLE', 'Jira took a ticket without saying which key it has.');
    return key;
  }

  private async renew(key: string, notification: Notification, messageId: string): Promise<void> {
    if (includes(await this.jira.newestComments(key), messageId)) return;
    const refusal = isNews(notification) ? await this.raise(key, notification) : null;
    const remarks = refusal === null ? [] : [`The fields of the ticket could not be changed: ${clipped(refusal, 300)}`];
    await this.jira.comment(key, jiraDocument(notification, messageId, remarks));
  }

  private raise(key: string, { severity }: Notification): Promise<string | null> {
    const { labels: _labels, ...fields } = templateOf(this.settings.templates, severity).fields;
    return Object.keys(fields).length === 0 ? Promise.resolve(null) : this.jira.change(key, fields);
  }

  private async end(key: string): Promise<void> {
    const wanted = this.settings.resolveTransition?.toLowerCase();
    const possible = await this.jira.transitions(key);
    const chosen = possible.find(({ name, to, leadsToDone }) =>
      wanted === undefined ? leadsToDone : [name, to].some((known) => known.toLowerCase() === wanted),
    );
    if (chosen !== undefined) return this.jira.transition(key, chosen.id);
    const names = possible.map(({ name }) => clipped(name, 40)).join(', ');
    throw new PermanentError(
      'JIRA_NO_TRANSITION',
      `${key} is over, but ${wanted === undefined ? 'nothing' : `no "${wanted}"`} leads it to its end from where it is. Set resolveTransition to one of: ${names}.`,
    );
  }
}

/** A policy may name another project than the configured one. */
function projectOf(delivery: OutgoingDelivery): string {
  const key = addressOf(delivery);
  if (/^[A-Za-z][A-Za-z0-9_]*$/.test(key)) return key;
  throw new PermanentError('JIRA_NO_PROJECT', `"${clipped(key, 40)}" is no key of a project in Jira.`);
}

const labelOf = (delivery: OutgoingDelivery): string => `${OWN_LABEL}-${threadIdOf(delivery)}`;

const includes = (document: unknown, id: string): boolean => (JSON.stringify(document) ?? '').includes(`${OWN_LABEL} ${id}`);
