import { ApiPropertyOptional } from '@nestjs/swagger';
import { ALERT_RULE_IDS, parseMatcher, SEVERITIES, type AlertMatcher, type RuleDefinition } from '@app/domain';
import { Allow } from 'class-validator';
import { problem } from '../http/problem.js';

const list = (description: string, example: string) => ApiPropertyOptional({ description, type: [String], example: [example] });

/** What a matcher asks, in the words of the API. Its values are checked by the domain, which names every fault. */
export class MatcherBody {
  @list('Rules, e.g. circuit-down.', 'circuit-down') @Allow() rules?: unknown;
  @ApiPropertyOptional({
    description: 'At least as bad as the mildest of these.',
    enum: SEVERITIES,
    isArray: true,
    example: ['major'],
  })
  @Allow()
  severities?: unknown;
  @list('Ids of organizations.', 'org-1') @Allow() orgs?: unknown;
  @list('Names of regions.', 'North') @Allow() regions?: unknown;
  @list('Store types.', 'express') @Allow() store_types?: unknown;
  @list('Ids of sites.', 'site-1') @Allow() sites?: unknown;
  @list('Names of providers.', 'Example Telecom') @Allow() providers?: unknown;
  @list('Ids of circuits (mac:port).', '020000000101:ge-0/0/0') @Allow() circuits?: unknown;
  @list('Metrics that are bad.', 'coverage') @Allow() metrics?: unknown;
}

const nameOf = (key: string): string => (key === 'storeTypes' ? 'store_types' : key);

/** The matcher that a caller gave; every fault of it is named. One without keys is refused: it would fit everything by accident. */
export function matcherOf(
  { store_types: storeTypes, ...rest }: MatcherBody,
  definitions: readonly RuleDefinition[],
): AlertMatcher {
  const rules = [...ALERT_RULE_IDS, ...definitions.map(({ id }) => id)];
  const { matcher, faults } = parseMatcher({ ...rest, storeTypes }, { rules });
  const errors = faults.map(({ key, message }) => ({
    field: `matcher.${nameOf(key)}`,
    message: `matcher.${nameOf(key)} ${message}`,
  }));
  if (errors.length === 0 && Object.keys(matcher).length === 0)
    errors.push({
      field: 'matcher',
      message: 'matcher must name at least one key; to fit everything, name the organization in orgs',
    });
  if (errors.length > 0) throw problem('invalid-request', { errors });
  return matcher;
}

/** A stored matcher in the words of the API. */
export const matcherJson = (matcher: AlertMatcher) =>
  Object.fromEntries(Object.entries(matcher).map(([key, value]) => [nameOf(key), value]));
