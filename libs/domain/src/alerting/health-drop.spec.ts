import { observationOfHealth, type SiteHealth } from './health-drop.js';

const fallen: SiteHealth = {
  siteId: 1,
  siteName: 'Alpha',
  running24h: 79.9,
  knownHours: 24,
  previousDay: 90,
  previousHours: 24,
  newest: 70,
  isToldAsSle: false,
};

describe('observationOfHealth', () => {
  it.each<[string, Partial<SiteHealth>, boolean | null, boolean]>([
    ['more than 10 points lost', {}, true, true],
    ['10 points, and not more', { running24h: 80 }, false, false],
    ['health that got better', { running24h: 95 }, false, false],
    ['an outage of hours ago: it begins nothing, and ends nothing', { newest: 92 }, false, true],
    ['what is told as service levels: likewise', { isToldAsSle: true }, false, true],
    ['too few hours of today', { knownHours: 11 }, null, true],
    ['too few hours of the day before', { previousHours: 11 }, null, true],
    ['no day before', { previousDay: null, previousHours: 0 }, null, false],
    ['no score of today', { running24h: null, knownHours: 0, newest: null }, null, false],
  ])('judges %s', (...[, more, breached, holds]) => {
    expect(observationOfHealth({ ...fallen, ...more }, 10, 1_000)).toMatchObject({ breached, holds, at: 1_000 });
  });

  it('shows both figures', () => {
    expect(observationOfHealth(fallen, 10, 0)).toMatchObject({
      rule: 'health-drop',
      subject: 'site:1',
      severity: 'warning',
      details: { metric: 'health', value: 79.9, before: 90, threshold: 10 },
    });
  });
});
