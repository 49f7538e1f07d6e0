import { createHash, randomBytes } from 'node:crypto';
import { PermanentError } from '../errors.js';
import type { Queryable } from './database.js';

/** A person as the provider names them, unique together. */
export interface LoginPerson {
  readonly issuer: string;
  readonly subject: string;
}

export interface LoginSession extends LoginPerson {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  /** Those of the provider's claims that roles go by. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date;
}

export interface NewLoginSession extends Pick<LoginSession, 'issuer' | 'subject' | 'name' | 'email' | 'claims' | 'expiresAt'> {
  /** What only the browser keeps. */
  readonly secret: string;
  readonly sealedIdToken: Buffer;
  readonly now: Date;
}

/** Which sessions hold: those of one provider that began and were used late enough. */
export interface LiveAt {
  readonly issuer: string;
  readonly now: Date;
  readonly begunAfter: Date;
  readonly usedAfter: Date;
}

const ID_BYTES = 8;
const LAST_USED_STEP_MS = 60_000;

const COLUMNS = `s.id, s.issuer, s.subject, s.name, s.email, s.claims, s.created_at as "createdAt", s.expires_at as "expiresAt",
  s.last_used_at as "lastUsedAt"`;
/** With `LiveAt` as $1 to $4. */
const IS_LIVE = `s.issuer = $1 and s.ended_at is null and s.expires_at > $2 and s.created_at > $3 and s.last_used_at > $4`;

const liveValues = ({ issuer, now, begunAfter, usedAfter }: LiveAt): unknown[] => [issuer, now, begunAfter, usedAfter];

/** 256 random bits need no slow hash: there is nothing to guess. */
const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/** Keeps a session; of its secret only a hash. */
export async function storeLoginSession(tx: Queryable, given: NewLoginSession): Promise<LoginSession> {
  const [session] = await tx.query<LoginSession>(
    `insert into login_session as s
       (id, secret_hash, issuer, subject, name, email, claims, id_token, created_at, expires_at, last_used_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9) returning ${COLUMNS}`,
    [
      randomBytes(ID_BYTES).toString('hex'),
      hashOf(given.secret),
      given.issuer,
      given.subject,
      given.name,
      given.email,
      JSON.stringify(given.claims),
      given.sealedIdToken,
      given.now,
      given.expiresAt,
    ],
  );
  if (session === undefined) throw new PermanentError('SESSION_NOT_STORED', 'The session was not stored.');
  return session;
}

/** The live session of a secret; else `null`. */
export async function findLoginSession(db: Queryable, secret: string, live: LiveAt): Promise<LoginSession | null> {
  const [session] = await db.query<LoginSession>(
    `select ${COLUMNS} from login_session s where ${IS_LIVE} and s.secret_hash = $5`,
    [...liveValues(live), hashOf(secret)],
  );
  return session ?? null;
}

/** Notes that a session is used, to a minute; returns what stands there now. */
export async function touchLoginSession(db: Queryable, { id, lastUsedAt }: LoginSession, now: Date): Promise<Date> {
  if (now.getTime() - lastUsedAt.getTime() < LAST_USED_STEP_MS) return lastUsedAt;
  await db.query('update login_session set last_used_at = greatest(last_used_at, $2) where id = $1', [id, now]);
  return now;
}

/** All sessions that hold, the newest first. */
export function listLoginSessions(db: Queryable, live: LiveAt): Promise<LoginSession[]> {
  return db.query<LoginSession>(
    `select ${COLUMNS} from login_session s where ${IS_LIVE} order by s.created_at desc, s.id`,
    liveValues(live),
  );
}

/** What was kept for the provider's own logout. */
export async function sealedIdTokenOf(db: Queryable, id: string): Promise<Buffer | null> {
  const [row] = await db.query<{ id_token: Buffer }>('select id_token from login_session where id = $1', [id]);
  return row?.id_token ?? null;
}

/** Ends one session, or all of a person, at once; returns those that were ended by this. */
export async function endLoginSessions(tx: Queryable, which: { id: string } | LoginPerson, now: Date): Promise<LoginSession[]> {
  const [where, values] =
    'id' in which ? ['s.id = $2', [which.id]] : ['s.issuer = $2 and s.subject = $3', [which.issuer, which.subject]];
  return tx.query<LoginSession>(
    `update login_session s set ended_at = $1 where ${where} and s.ended_at is null returning ${COLUMNS}`,
    [now, ...values],
  );
}
