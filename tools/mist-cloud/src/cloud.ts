import type { SimClock } from './clock.js';
import type { Feed } from './events/feed.js';
import type { Faults } from './http/faults.js';
import type { RateLimiter } from './http/limiter.js';
import type { RequestLog } from './http/request-log.js';
import type { ResolvedOptions } from './options.js';
import type { Scenario } from './scenario/scenario.js';
import type { SleModel } from './sle/model.js';
import type { Webhooks } from './webhooks/webhooks.js';
import type { World } from './world/nouns.js';

/** Everything a route needs to answer. */
export interface Cloud {
  readonly options: ResolvedOptions;
  readonly world: World;
  readonly clock: SimClock;
  readonly scenario: Scenario;
  readonly sle: SleModel;
  readonly feed: Feed;
  readonly faults: Faults;
  readonly limiter: RateLimiter;
  readonly requests: RequestLog;
  readonly webhooks: Webhooks;
}
