import { Injectable, Logger } from '@nestjs/common';
import { deviceProfileOf, gatewayConfigAnswer } from '@app/mist';
import { PermanentError, TransientError } from '@app/shared';
import type { MistClient, Query } from '../mist/mist.client.js';
import { ConfigSites, type ConfigSite } from './config-sites.repository.js';
import type { Page, PollRequest } from './pollers.js';

/** Sites in a row that may break before Mist as a whole is taken to be down. */
const BROKEN_IN_A_ROW = 3;
/** Everybody's failure, not one site's. */
const STOPS = new Set(['MIST_THROTTLED', 'COLLECT_ABORTED']);
/** The devices of a site, its template, and the profile of one of them. */
const CALLS_PER_SITE = 3;
const MAX_GATEWAYS = 1000;

/** Templates and profiles of one poll: many sites share one. */
type Inherited = Map<string, Promise<unknown>>;

interface Reading extends PollRequest {
  readonly inherited: Inherited;
}

/** Reads how gateways are configured, some sites at a time, as far as calls are to spare. One page per site. */
@Injectable()
export class GatewayConfigPoller {
  private readonly logger = new Logger(GatewayConfigPoller.name);

  constructor(private readonly sites: ConfigSites) {}

  async *poll(
    request: PollRequest,
    { everyMs, concurrency }: { readonly everyMs: number; readonly concurrency: number },
  ): AsyncGenerator<Page> {
    const sites = await this.sites.due(request.orgRowId, { now: request.observedAt, everyMs });
    const reading: Reading = { ...request, inherited: new Map() };
    let brokenInARow = 0;
    for (let at = 0; at < sites.length; at += concurrency) {
      const chunk = sites.slice(at, at + concurrency);
      if ((await request.client.remaining()) < chunk.length * CALLS_PER_SITE) return this.endEarly(sites.length - at);
      const outcomes = await Promise.allSettled(chunk.map((site) => readSite(reading, site)));
      for (const [index, outcome] of outcomes.entries()) {
        const siteId = chunk[index]?.siteId ?? '';
        if (outcome.status === 'fulfilled') {
          brokenInARow = 0;
          yield { records: outcome.value, context: { siteId } };
          continue;
        }
        if (isSpent(outcome.reason)) return this.endEarly(sites.length - at - index);
        brokenInARow += 1;
        this.passOver(outcome.reason, siteId, brokenInARow);
      }
    }
  }

  /** No failure: what can wait waits. */
  private endEarly(sitesLeft: number): void {
    this.logger.log({ message: 'Gateway configurations wait for the next poll: no calls of this hour are to spare', sitesLeft });
  }

  private passOver(reason: unknown, siteId: string, brokenInARow: number): void {
    if (!(reason instanceof TransientError) || STOPS.has(reason.code) || brokenInARow >= BROKEN_IN_A_ROW) throw reason;
    this.logger.warn({
      message: `The gateway configuration of site ${siteId} is left out: ${reason.message}`,
      code: reason.code,
    });
  }
}

const isSpent = (reason: unknown): boolean => reason instanceof TransientError && reason.code === 'BUDGET_EXHAUSTED';

async function readSite(reading: Reading, { siteId, templateId }: ConfigSite): Promise<unknown[]> {
  const path = `/api/v1/sites/${encodeURIComponent(siteId)}/devices`;
  const devices = await answer(reading.client, path, { type: 'gateway', limit: MAX_GATEWAYS });
  if (!Array.isArray(devices)) return [];
  const template = templateId === null ? null : await inheritedFrom(reading, 'gatewaytemplates', templateId);
  return Promise.all(
    devices.map(async (device: unknown) => {
      const profileId = deviceProfileOf(device);
      const base = profileId === null ? template : await inheritedFrom(reading, 'deviceprofiles', profileId);
      return gatewayConfigAnswer(device, base);
    }),
  );
}

/** Asked for once a poll. */
function inheritedFrom({ client, orgId, inherited }: Reading, what: string, id: string): Promise<unknown> {
  const path = `/api/v1/orgs/${encodeURIComponent(orgId)}/${what}/${encodeURIComponent(id)}`;
  const asked = inherited.get(path) ?? answer(client, path);
  inherited.set(path, asked);
  return asked;
}

/** 400 and 404 mean that there is nothing to be known there. A token that may not read configurations may still read everything else. */
async function answer(client: MistClient, path: string, query: Query = {}): Promise<unknown> {
  const result = await client.ask(client.url(path, query)).catch((error: unknown) => {
    if (!(error instanceof PermanentError) || error.code !== 'MIST_FORBIDDEN') throw error;
    throw new PermanentError('MIST_CONFIG_FORBIDDEN', `No configuration of a gateway is read: ${error.message}`, {
      cause: error,
    });
  });
  if ('body' in result) return result.body;
  if (result.status === 400 || result.status === 404) return null;
  throw new TransientError('MIST_REFUSED', `Mist refused ${path} with ${String(result.status)}: ${result.detail}`);
}
