import { Injectable } from '@nestjs/common';
import type { EpochMs } from '@app/domain';
import type { OrgRow } from '@app/shared';
import { HealthRules } from './health-rules.js';
import { TrendRules } from './trend-rules.js';

/** Rules that compare with the day before; once an hour is enough for them. */
@Injectable()
export class DayRules {
  constructor(
    private readonly trends: TrendRules,
    private readonly health: HealthRules,
  ) {}

  /** Returns how many changes people may hear of. */
  async judge(org: OrgRow, now: EpochMs): Promise<{ changed: number }> {
    const ofTrends = await this.trends.judge(org, now);
    const ofHealth = await this.health.judge(org, now);
    return { changed: ofTrends.changed + ofHealth.changed };
  }
}
