import type { AlertRuleId, Observation, RuleBook, RuleInForce } from '@app/domain';
import type { EpochMs } from '@app/domain';
import { ruleBookOf, type Queryable, type Settings } from '@app/shared';
import { placesOfCircuits, placesOfSites, subjectAt, type RulePlace } from './rule-subjects.js';

interface Subject {
  readonly rule: AlertRuleId;
  readonly siteId: number | null;
  readonly circuitId: number | null;
}

/** Looks up which rule holds for what. */
export type RuleOf = (subject: Subject) => RuleInForce;

/** The rules of the configuration; the place of a subject is read only where a rule asks for it. */
export class RulesInForce {
  readonly book: RuleBook;

  constructor(settings: Pick<Settings, 'alerts' | 'rules'>) {
    this.book = ruleBookOf(settings);
  }

  async forSubjects(db: Queryable, orgId: number, subjects: readonly Subject[], at: EpochMs): Promise<RuleOf> {
    const scoped = subjects.filter(({ rule }) => this.book.isScoped(rule));
    if (scoped.length === 0) return ({ rule }) => this.book.of(rule, null);
    const [org] = await db.query<{ id: string }>('select external_id as id from org where id = $1', [orgId]);
    const asked = { orgId, externalOrgId: org?.id ?? '', at };
    const circuits = await placesOfCircuits(db, asked, [...new Set(scoped.flatMap(({ circuitId }) => circuitId ?? []))]);
    const sites = await placesOfSites(db, asked, [...new Set(scoped.flatMap(({ siteId }) => siteId ?? []))]);
    const orgWide = orgPlace(asked.externalOrgId);
    return ({ rule, circuitId, siteId }) => {
      const place = (circuitId === null ? undefined : circuits.get(circuitId)) ?? (siteId === null ? orgWide : sites.get(siteId));
      return this.book.of(rule, place === undefined ? null : subjectAt(rule, place));
    };
  }
}

const orgPlace = (orgId: string): RulePlace => ({
  siteId: 0,
  siteName: orgId,
  circuitId: null,
  circuitName: null,
  subject: { orgId, siteId: null, region: null, storeType: null, mac: null, portId: null },
  provider: null,
});

/** An observation as its rule tells it: with the severity that was asked for, its name, and what to do about it. */
export function asRuled(observation: Observation, { severity, name, runbookUrl }: RuleInForce): Observation {
  if (severity === null && name === null && runbookUrl === null) return observation;
  return {
    ...observation,
    severity: severity ?? observation.severity,
    details: {
      ...observation.details,
      ...(name === null ? {} : { ruleName: name }),
      ...(runbookUrl === null ? {} : { runbookUrl }),
    },
  };
}
