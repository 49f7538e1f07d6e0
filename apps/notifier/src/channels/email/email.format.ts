import type { Severity } from '@app/domain';
import { headlineOf, plain } from '../notice.format.js';
import type { Notification } from '../notification.js';

const SEVERITY_COLOURS: Readonly<Record<Severity, string>> = {
  unknown: '#5b6470',
  info: '#1b5fc1',
  warning: '#8a6100',
  major: '#b34700',
  critical: '#b3261e',
};
const RECOVERED_COLOUR = '#1a7037';

export const colourOf = (severity: Severity): string => SEVERITY_COLOURS[severity];

export const headerColourOf = ({ reason, severity }: Notification): string =>
  reason === 'recovered' ? RECOVERED_COLOUR : colourOf(severity);

export const subjectOf = (notification: Notification): string =>
  `[${headlineOf(notification)}] ${plain(notification.title, 140)}`;
