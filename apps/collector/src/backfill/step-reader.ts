import { Inject, Injectable } from '@nestjs/common';
import { TRAFFIC_METRICS, type WanHoursAnswer } from '@app/mist';
import { PermanentError, TransientError } from '@app/shared';
import { COLLECTOR_SETTINGS, type CollectorSettings } from '../collector.settings.js';
import type { MistClient, Query } from '../mist/mist.client.js';
import type { CollectedOrg } from '../orgs/org-directory.js';
import { SWEEPS, type Page } from '../polling/pollers.js';
import { asQuery } from '../polling/windows.js';
import type { BackfillStep } from './backfills.store.js';

export interface Asked {
  readonly org: CollectedOrg;
  readonly client: MistClient;
  readonly observedAt: number;
  readonly backfillId: number;
}

export interface FailedStep {
  readonly step: BackfillStep;
  readonly reason: string;
}

const OF_ONE_QUESTION =
  /^MIST_(TIMEOUT|UNREACHABLE|SERVER_ERROR|NOT_JSON|UNEXPECTED|CURSOR_REPEATS|TOO_MANY_PAGES|REFUSED|NEXT_ELSEWHERE)$/;

/** Whether a failure belongs to one question, so that the next one may still be answered. A parked or refused token is everybody's. */
export const isOfOneQuestion = (error: unknown): error is TransientError | PermanentError =>
  (error instanceof TransientError || error instanceof PermanentError) && OF_ONE_QUESTION.test(error.code);

/** Traffic and quality. */
export const CALLS_PER_PORT = 2;
/** Answers of one question hold this many values at most: two weeks of hours and some. */
const MAX_VALUES = 1000;

/** Asks Mist what a step stands for. */
@Injectable()
export class StepReader {
  constructor(@Inject(COLLECTOR_SETTINGS) private readonly settings: CollectorSettings) {}

  get atOnce(): number {
    return this.settings.concurrency;
  }

  /** The pages of a window of events or scores. */
  async *window({ kind, from, to }: BackfillStep, { org, client, observedAt, backfillId }: Asked): AsyncGenerator<Page> {
    if (kind === 'wan-hours') return;
    const { pageSize, concurrency, sleWindowHours } = this.settings;
    const request = {
      client,
      orgId: org.id,
      orgRowId: org.rowId,
      observedAt,
      committedAt: null,
      pageSize,
      concurrency,
      sleWindowHours,
    };
    for await (const page of SWEEPS[kind]({ ...request, window: { from, to } }))
      // Named, so that the same answer to another backfill is a batch of its own.
      yield { ...page, context: { ...page.context, backfill: backfillId, ...(kind === 'device-events' ? {} : { dataAt: to }) } };
  }

  /** Hours of several ports in one page; a port that fails is told, its neighbours go on. */
  async ports(
    steps: readonly BackfillStep[],
    asked: Asked,
  ): Promise<{ readonly page: Page; readonly failed: readonly FailedStep[] }> {
    const outcomes = await Promise.allSettled(steps.map((step) => readPort(step, asked)));
    const [records, failed]: [WanHoursAnswer[], FailedStep[]] = [[], []];
    for (const [index, outcome] of outcomes.entries()) {
      const step = steps[index];
      if (step === undefined) continue;
      if (outcome.status === 'fulfilled') {
        if (outcome.value !== null) records.push(outcome.value);
        continue;
      }
      const reason: unknown = outcome.reason;
      if (!isOfOneQuestion(reason)) throw reason;
      failed.push({ step, reason: reason.message });
    }
    const [first] = steps;
    const context = { windowFrom: first?.from ?? null, windowTo: first?.to ?? null, backfill: asked.backfillId };
    return { page: { records, context }, failed };
  }
}

/** Both series of a port; null where Mist has no gateway or port of that name. */
async function readPort({ from, to, place }: BackfillStep, { client }: Asked): Promise<WanHoursAnswer | null> {
  if (place === null) return null;
  const { siteId, mac, portId, deviceId } = place;
  const site = `/api/v1/sites/${encodeURIComponent(siteId)}/insights`;
  const query: Query = { port_id: portId, interval: '1h', ...asQuery({ from, to }), limit: MAX_VALUES };
  const stats = await answer(client, `${site}/gateway/${encodeURIComponent(deviceId)}/stats`, {
    metrics: TRAFFIC_METRICS.join(','),
    ...query,
  });
  if (stats === null) return null;
  // Addressed by MAC, not by device id.
  const quality = await answer(client, `${site}/device/${encodeURIComponent(mac)}/wan_link_health`, query);
  return { site_id: siteId, mac, port_id: portId, stats, quality };
}

/** 400 and 404 mean that Mist has no such data. */
async function answer(client: MistClient, path: string, query: Query): Promise<unknown> {
  const result = await client.ask(client.url(path, query));
  if ('body' in result) return result.body;
  if (result.status === 400 || result.status === 404) return null;
  throw new TransientError('MIST_REFUSED', `Mist refused ${path} with ${result.status}: ${result.detail}`);
}
