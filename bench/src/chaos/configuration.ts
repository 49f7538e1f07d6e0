import type { Receivers } from './receivers.js';
import { policies } from './stories.js';

/** Every site is an incident of its own, so that each can be followed. */
export const configurationOf = ({ smtpPort, url }: Receivers): string =>
  JSON.stringify({
    alerts: {
      groupWaitSeconds: 5,
      groupIntervalSeconds: 1,
      groupBy: { 'site-down': 'site' },
      outages: { minSites: 1_000_000 },
    },
    limits: { perDestinationPerHour: 10_000 },
    email: {
      smtpUrl: `smtp://127.0.0.1:${smtpPort}`,
      from: 'mistwatch@example.com',
      to: ['noc@example.com'],
      summaryReport: false,
    },
    channels: [
      {
        id: 'hook',
        type: 'webhook',
        url: `${url}/notices`,
        secret: `whsec_${Buffer.alloc(32, 'k').toString('base64')}`,
        allowPrivate: true,
      },
      { id: 'chat', type: 'slack', token: 'xoxb-example-token', channel: '#noc', apiUrl: `${url}/chat`, allowPrivate: true },
    ],
    policies: policies(),
  });
