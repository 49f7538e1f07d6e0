import { Inject, Injectable } from '@nestjs/common';
import { Database } from '@app/shared';

const MINUTE_MS = 60_000;
/** How long a check holds: an hour when it went well, less when it did not or its process died. */
const HOLDS_MS = { fine: 60 * MINUTE_MS, failed: 10 * MINUTE_MS, checking: 5 * MINUTE_MS } as const;

export interface Checked {
  readonly outcome: 'fine' | 'created' | 'repaired' | 'failed';
  /** Hash of what was wanted, kept only when it was reached. */
  readonly wantedKey: string;
  readonly mistId: string | null;
  readonly reason: string | null;
  readonly now: number;
}

/** What is known of an org's webhook before it is checked. */
export interface Claim {
  /** The configuration is the one that was put right before. */
  readonly isUnchanged: boolean;
}

interface StateRow extends Record<string, unknown> {
  readonly wanted_key: string;
  readonly checked_at: Date;
  readonly outcome: Checked['outcome'] | 'checking';
}

/** `mist_webhook`: one check per org at a time, and how the last one went. */
@Injectable()
export class WebhookStates {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** `null`: it was checked lately, or another collector is at it. */
  async claim(orgRowId: number, wantedKey: string, now: number): Promise<Claim | null> {
    const [before] = await this.database.query<StateRow>(
      'select wanted_key, checked_at, outcome from mist_webhook where org_id = $1',
      [orgRowId],
    );
    if (before !== undefined && !isDue(before, wantedKey, now)) return null;
    const rows = await this.database.query(
      `insert into mist_webhook as w (org_id, wanted_key, checked_at, outcome) values ($1, '', $2, 'checking')
       on conflict (org_id) do update set checked_at = $2, outcome = 'checking' where w.checked_at = $3 returning 1`,
      [orgRowId, new Date(now), before?.checked_at ?? null],
    );
    return rows.length === 0 ? null : { isUnchanged: before?.wanted_key === wantedKey };
  }

  async note(orgRowId: number, { outcome, wantedKey, mistId, reason, now }: Checked): Promise<void> {
    await this.database.query(
      `update mist_webhook set outcome = $2, checked_at = $3, reason = $4,
         mist_id = coalesce($5, mist_id),
         wanted_key = case when $2 = 'failed' then wanted_key else $6 end,
         changed_at = case when $2 in ('created', 'repaired') then $3 else changed_at end
       where org_id = $1`,
      [orgRowId, outcome, new Date(now), reason, mistId, wantedKey],
    );
  }
}

function isDue({ wanted_key, checked_at, outcome }: StateRow, wantedKey: string, now: number): boolean {
  const holdsMs = outcome === 'failed' || outcome === 'checking' ? HOLDS_MS[outcome] : HOLDS_MS.fine;
  const isOther = outcome !== 'failed' && outcome !== 'checking' && wanted_key !== wantedKey;
  return isOther || now - checked_at.getTime() >= holdsMs;
}
