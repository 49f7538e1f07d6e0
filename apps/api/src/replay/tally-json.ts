import { byKey } from '../http/answers.js';
import type { NoticesTally } from './tally.js';

/** For the documents of the API. */
export const TALLY_EXAMPLE = {
  incidents: 30,
  notices: 70,
  in_digests: 0,
  digests: 0,
  by_reason: byKey({ opened: 30, repeat: 12, recovered: 28 }),
};
export const tallyJson = ({ incidents, notices, inDigests, digests, byReason }: NoticesTally) => ({
  incidents,
  notices,
  in_digests: inDigests,
  digests,
  by_reason: byReason,
});
