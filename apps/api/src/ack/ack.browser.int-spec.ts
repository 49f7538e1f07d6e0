import { chromium, type Browser } from 'playwright-core';
import { findProgram, signAckLink } from '@app/shared';
import { NOW, seedIncident, seedTagged, startApi, type ApiFixture } from '../api.fixture.js';

const KEY = { id: 'k1', secret: 'an-example-secret-of-the-right-length-0' };

describe('the page behind a link, in a browser', () => {
  let fixture: ApiFixture;
  let browser: Browser;
  let address: string;
  beforeAll(async () => {
    fixture = await startApi({ env: { ACK_LINK_KEYS: `${KEY.id}:${KEY.secret}` } });
    address = await fixture.api.listen(0, '127.0.0.1');
    const program = await findProgram(['chromium', 'chromium-browser', 'google-chrome'], { PATH: process.env['PATH'] });
    browser = await chromium.launch({
      executablePath: program ?? 'chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await fixture.close();
  });

  it('is understood, reached by the keyboard alone, and does what it says', async () => {
    const { orgId, alertId } = await seedTagged(fixture.db, 'alder');
    const { incidentId } = await seedIncident(fixture.db, { orgId, alertId, tag: 'alder' });
    const claim = { orgId, incidentId, step: 1, destination: 'email:night@example.com', expiresAt: NOW + 3_600_000 };
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(`${address}/ack/${signAckLink(claim, KEY)}`);

    expect(await page.title()).toBe('Take this incident? - mistwatch');
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    expect(await page.getByRole('main').getByRole('heading', { level: 1 }).textContent()).toBe('Take this incident?');
    // The style holds although nothing but it may load.
    expect(await page.evaluate(`getComputedStyle(document.querySelector('button')).fontWeight`)).toBe('600');

    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Acknowledge');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'You have taken this incident' }).waitFor();
    expect(await fixture.db.query('select acked_by from incident')).toEqual([{ acked_by: 'email:night@example.com' }]);

    await page.reload();
    await page.getByRole('heading', { name: 'This link has been used' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(complaints).toEqual([]);
  }, 60_000);
});
