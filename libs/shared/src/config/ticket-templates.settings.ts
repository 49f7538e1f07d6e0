import type { Severity } from '@app/domain';
import { anyValue, defaulted, mapOf, withDefault, type Field, type Fields } from './yaml-reader.js';
import { parsed } from './yaml-values.js';

/** What a ticket of one severity looks like. */
export interface TicketTemplate {
  /** Title with `{severity}`, `{title}`, `{org}` and `{sites}` in it. */
  readonly summary: string;
  /** Further fields as the ticket system names them; set again when the severity rises. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type TicketSeverity = Exclude<Severity, 'unknown'>;
export type TicketTemplates = Readonly<Record<TicketSeverity, TicketTemplate>>;

const PLACEHOLDERS = ['severity', 'title', 'org', 'sites'];
const DEFAULT_SUMMARY = '[{severity}] {title}';

const parseSummary = (value: string): string | null =>
  [...value.matchAll(/\{([^{}]*)\}/g)].every(([, name = '']) => PLACEHOLDERS.includes(name)) ? value : null;

const summary = parsed(parseSummary, `a text whose places to fill are of ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}`);

type Defaults = Readonly<Record<TicketSeverity, Readonly<Record<string, unknown>>>>;

function templates(defaults: Defaults): Field<TicketTemplates> {
  const template = (severity: TicketSeverity): Field<TicketTemplate> =>
    defaulted<TicketTemplate>({
      summary: withDefault(summary, DEFAULT_SUMMARY),
      fields: withDefault(mapOf(anyValue), defaults[severity]),
    });
  const fields: Fields<TicketTemplates> = {
    info: template('info'),
    warning: template('warning'),
    major: template('major'),
    critical: template('critical'),
  };
  return defaulted(fields);
}

export const jiraTemplates = templates({
  info: { priority: { name: 'Lowest' } },
  warning: { priority: { name: 'Low' } },
  major: { priority: { name: 'High' } },
  critical: { priority: { name: 'Highest' } },
});

export const serviceNowTemplates = templates({
  info: { urgency: '3', impact: '3' },
  warning: { urgency: '3', impact: '2' },
  major: { urgency: '2', impact: '2' },
  critical: { urgency: '1', impact: '1' },
});
