import { nullOr, orNull, timeOf } from '../http/answers.js';
import type { ToldNotice } from './compare-notices.js';
import { TALLY_EXAMPLE, tallyJson } from './tally-json.js';
import type { LeftOut, ToldResult } from './told.js';

const NOTICE_EXAMPLE = {
  at: '2026-02-03T10:00:30Z',
  destination: 'email:noc@example.com',
  reason: 'opened',
  severity: orNull('major'),
  incident_id: nullOr(17),
  about: orNull('congestion 020000000101:ge-0/0/0'),
};

/** For the documents of the API. */
export const TOLD_EXAMPLE = {
  left_out: null,
  sent: 71,
  now: TALLY_EXAMPLE,
  changed: { ...TALLY_EXAMPLE, incidents: 12, notices: 25 },
  destinations: [{ destination: 'email:noc@example.com', sent: 71, now: 70, changed: 25 }],
  rules: [{ rule: 'congestion', sent: 71, now: 70, changed: 25 }],
  kept: 24,
  added: 1,
  gone: 47,
  added_notices: [NOTICE_EXAMPLE],
  gone_notices: [{ ...NOTICE_EXAMPLE, severity: null, incident_id: 17, about: 'Alpha: circuit main busy' }],
  notes: ['Alerts of other rules are taken as they were; people take incidents as they did.'],
};

const STORED = /^incident:(\d+)$/;

const noticeJson = ({ trouble, at, destination, reason, severity, about }: ToldNotice) => ({
  at: timeOf(at),
  destination,
  reason,
  severity,
  incident_id: STORED.test(trouble) ? Number(trouble.replace(STORED, '$1')) : null,
  about,
});

/** Notices, or why they were left out. */
export function toldJson(told: ToldResult | LeftOut) {
  if ('leftOut' in told) return { left_out: told.leftOut };
  const { now, changed, addedNotices, goneNotices, ...rest } = told;
  return {
    left_out: null,
    ...rest,
    now: tallyJson(now),
    changed: tallyJson(changed),
    added_notices: addedNotices.map(noticeJson),
    gone_notices: goneNotices.map(noticeJson),
  };
}
