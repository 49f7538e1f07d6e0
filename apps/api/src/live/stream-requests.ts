import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '@app/shared';
import type { FastifyRequest } from 'fastify';
import type { CallerRequest, OrgScope } from '../access/org-scope.js';
import { CircuitsRepository } from '../circuits/circuits.repository.js';
import { invalid, problem } from '../http/problem.js';
import { placeOf, type EventFilter } from './event-text.js';
import type { AskedStream } from './live-feeds.js';
import type { EventsQuery } from './live.query.js';

/** What a request for a stream asks for. */
@Injectable()
export class StreamRequests {
  constructor(
    @Inject(CircuitsRepository) private readonly circuits: CircuitsRepository,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async asked(scope: OrgScope, request: FastifyRequest & CallerRequest, query: EventsQuery): Promise<AskedStream> {
    return {
      orgId: scope.orgId,
      filter: await this.filter(scope, query),
      after: afterOf(request, query),
    };
  }

  /** A site or circuit that is not there would be silent for ever. */
  private async filter(scope: OrgScope, { types, site, circuit }: EventsQuery): Promise<EventFilter> {
    if (site !== undefined && (await this.circuits.siteKey(scope, site)) === null)
      throw problem('not-found', { detail: 'There is no such site.' });
    const found = circuit === undefined ? null : await this.circuits.find(scope, circuit, this.clock.now());
    if (circuit !== undefined && found === null) throw problem('not-found', { detail: 'There is no such circuit.' });
    return { types: types === undefined ? null : new Set(types), site: site ?? null, circuit: found?.id ?? null };
  }
}

function afterOf({ headers }: FastifyRequest, { after }: EventsQuery): AskedStream['after'] {
  const last = headers['last-event-id'];
  if (typeof last === 'string' && last !== '') return placeOf(last) ?? 'unknown';
  if (after === undefined) return null;
  const place = placeOf(after);
  if (place === null) throw invalid('after', 'after must be the id of an event');
  return place;
}
