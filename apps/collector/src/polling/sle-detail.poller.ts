import { Injectable, Logger } from '@nestjs/common';
import { canonicalMetric } from '@app/mist';
import { TransientError } from '@app/shared';
import type { MistClient } from '../mist/mist.client.js';
import { DegradedSites, type DegradedSite } from './degraded-sites.repository.js';
import type { Page, PollRequest } from './pollers.js';
import { asQuery, lastFullHours, type Window } from './windows.js';

type View = 'summary-trend' | 'summary';

/** What one org's cloud has taught us: the view of each metric that works, and how its metrics are spelled. */
interface Habits {
  readonly views: Map<string, View>;
  readonly spelling: Map<string, string>;
}

export interface DetailLimits {
  readonly maxSites: number;
  readonly concurrency: number;
}

/** Sites in a row that may break before Mist as a whole is taken to be down. */
const BROKEN_IN_A_ROW = 3;
/** Everybody's failure, not one site's: the loop ends. */
const STOPS = new Set(['MIST_THROTTLED', 'BUDGET_EXHAUSTED']);
/** What one metric may cost: one view, then the other. */
const CALLS_PER_METRIC = 2;

/** Reads detail for degraded sites, the worst first, as far as the budget goes. One page per site. */
@Injectable()
export class SleDetailPoller {
  private readonly logger = new Logger(SleDetailPoller.name);
  private readonly habits = new Map<string, Habits>();

  constructor(private readonly sites: DegradedSites) {}

  async *poll(request: PollRequest, { maxSites, concurrency }: DetailLimits): AsyncGenerator<Page> {
    const sites = await this.sites.list(request.orgRowId, maxSites);
    const window = request.window ?? lastFullHours(request.observedAt, request.sleWindowHours);
    let brokenInARow = 0;
    for (let at = 0; at < sites.length; at += concurrency) {
      const chunk = await affordable(request.client, sites.slice(at, at + concurrency));
      const first = chunk[0];
      if (first === undefined)
        return this.logger.warn({
          message: 'SLE detail ends early: the budget of this hour is spent',
          sitesLeft: sites.length - at,
        });
      if (at === 0) await this.learnSpelling(request, first);
      const outcomes = await Promise.allSettled(chunk.map((site) => this.readSite(request, site, window)));
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') {
          brokenInARow = 0;
          yield {
            records: outcome.value,
            context: { siteId: chunk[index]?.siteId ?? '', windowFrom: window.from, windowTo: window.to },
          };
        } else {
          brokenInARow += 1;
          this.passOver(outcome.reason, chunk[index], brokenInARow);
        }
      }
    }
  }

  /** One bad site never fails the cycle; a refused or parked token, or a cloud that is down, does. */
  private passOver(reason: unknown, site: DegradedSite | undefined, brokenInARow: number): void {
    if (!(reason instanceof TransientError) || STOPS.has(reason.code) || brokenInARow >= BROKEN_IN_A_ROW) throw reason;
    this.logger.warn({ message: `SLE detail of site ${site?.siteId ?? ''} is left out: ${reason.message}`, code: reason.code });
  }

  private async readSite(request: PollRequest, site: DegradedSite, window: Window): Promise<unknown[]> {
    const answers: unknown[] = [];
    for (const metric of site.metrics) {
      const answer = await this.readMetric(request, { siteId: site.siteId, metric }, window);
      if (answer !== null) answers.push(answer);
    }
    return answers;
  }

  /**
   * The view that worked last for this metric, else the other; 400 and 404 on both mean that there is no data. `summary` comes first while it
   * lives: it alone says how many users and access points a cause hit.
   */
  private async readMetric(
    { client, orgId }: PollRequest,
    asked: { siteId: string; metric: string },
    window: Window,
  ): Promise<unknown> {
    const habits = this.habitsOf(orgId);
    const name = habits.spelling.get(asked.metric) ?? asked.metric;
    const views: readonly View[] =
      habits.views.get(asked.metric) === 'summary-trend' ? ['summary-trend', 'summary'] : ['summary', 'summary-trend'];
    for (const view of views) {
      const path = `${slePath(asked.siteId)}/metric/${encodeURIComponent(name)}/${view}`;
      const result = await client.ask(client.url(path, asQuery(window)));
      if ('body' in result) {
        habits.views.set(asked.metric, view);
        return result.body;
      }
      if (result.status !== 400 && result.status !== 404) {
        throw new TransientError('MIST_REFUSED', `Mist refused ${path} with ${result.status}: ${result.detail}`);
      }
    }
    return null;
  }

  /** Names vary by cloud (`application_health`, `failed-to-connect`); a call takes the exact one, which any site of the org lists. */
  private async learnSpelling({ client, orgId }: PollRequest, { siteId }: DegradedSite): Promise<void> {
    const { spelling } = this.habitsOf(orgId);
    if (spelling.size > 0) return;
    const result = await client.ask(client.url(`${slePath(siteId)}/metrics`));
    if (!('body' in result) || typeof result.body !== 'object' || result.body === null || !('enabled' in result.body)) return;
    const { enabled } = result.body;
    const names = Array.isArray(enabled) ? enabled.filter((name): name is string => typeof name === 'string') : [];
    // Sorted, so that of two versions of a metric the newer one (-v2) is asked for.
    for (const name of names.sort()) spelling.set(canonicalMetric(name), name);
  }

  private habitsOf(orgId: string): Habits {
    const habits = this.habits.get(orgId) ?? { views: new Map<string, View>(), spelling: new Map<string, string>() };
    this.habits.set(orgId, habits);
    return habits;
  }
}

/** The site twice: once as the scope, once as its id. */
const slePath = (siteId: string): string => `/api/v1/sites/${encodeURIComponent(siteId)}/sle/site/${encodeURIComponent(siteId)}`;

/** As many of the sites, from the first, as the hour's budget surely pays for. */
async function affordable(client: MistClient, sites: readonly DegradedSite[]): Promise<readonly DegradedSite[]> {
  let left = (await client.remaining()) - 1;
  const end = sites.findIndex(({ metrics }) => (left -= metrics.length * CALLS_PER_METRIC) < 0);
  return end === -1 ? sites : sites.slice(0, end);
}
