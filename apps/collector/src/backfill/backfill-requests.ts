import { Inject, Injectable } from '@nestjs/common';
import {
  CLOCK,
  Database,
  faultOfWindow,
  listBackfills,
  PermanentError,
  requestBackfill,
  type BackfillProgress,
  type BackfillRequest,
  type Clock,
} from '@app/shared';
import { OrgDirectory, type CollectedOrg } from '../orgs/org-directory.js';
import { BackfillService, type SliceResult } from './backfill.service.js';

/** Backfills on request, here and now. */
@Injectable()
export class BackfillRequests {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly orgs: OrgDirectory,
    private readonly backfills: BackfillService,
  ) {}

  /** Takes note of a window to be read again; returns its id. The same one that is still open is gone on with. */
  async request(orgId: string, request: BackfillRequest): Promise<number> {
    const fault = faultOfWindow(request, this.clock.now());
    if (fault !== null) throw new PermanentError('BACKFILL_WINDOW', `${fault}.`);
    const org = await this.require(orgId);
    return requestBackfill(this.database, org.rowId, request, new Date(this.clock.now()));
  }

  /** Goes on for a while. */
  async run(orgId: string): Promise<SliceResult> {
    return this.backfills.runSlice(await this.require(orgId));
  }

  async progress(orgId: string, id: number): Promise<BackfillProgress | null> {
    const org = await this.require(orgId);
    const [found] = await listBackfills(this.database, org.rowId, { now: new Date(this.clock.now()), id });
    return found ?? null;
  }

  private async require(orgId: string): Promise<CollectedOrg> {
    const org = await this.orgs.find(orgId);
    if (org !== null) return org;
    throw new PermanentError(
      'ORG_NOT_CONFIGURED',
      `Organization "${orgId}" is not configured here (or disabled): add it under orgs.`,
    );
  }
}
