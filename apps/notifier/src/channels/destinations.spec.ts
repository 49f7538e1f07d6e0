import { everybodyOf, parseSettings } from '@app/shared';
import { ManualClock } from '@app/testing';
import { addressBook } from '../dispatch/address-book.js';
import { channelsOf } from './channels.module.js';

const HTTPS = 'https://example.com';

it('everybody of the configuration is everybody of its channels', async () => {
  const settings = parseSettings(
    JSON.stringify({
      email: { smtpUrl: 'smtp://127.0.0.1:1', from: 'a@example.com', to: ['a@example.com', 'b@example.com', 'a@example.com'] },
      channels: [
        { id: 'bot', type: 'slack', token: 'xoxb-1', channel: 'noc' },
        { id: 'hook', type: 'slack', webhookUrl: `${HTTPS}/services/1` },
        { id: 'cards', type: 'teams', webhookUrl: `${HTTPS}/workflows/1` },
        { id: 'own', type: 'webhook', url: `${HTTPS}:8443/in`, secret: `whsec_${Buffer.alloc(32).toString('base64')}` },
        { id: 'pager', type: 'pagerduty', routingKey: '0123456789abcdef0123456789abcdef' },
        { id: 'jira', type: 'jira', baseUrl: HTTPS, email: 'a@example.com', token: 't', projectKey: 'NET' },
        { id: 'snow', type: 'servicenow', baseUrl: HTTPS, user: 'u', password: 'p', table: 'incident' },
      ],
    }),
    {},
  );
  const channels = channelsOf(settings, { clock: new ManualClock(0) });
  expect(everybodyOf(settings)).toEqual(addressBook(channels, settings).everybody);
  await channels.close();
});
