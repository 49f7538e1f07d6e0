import { API_ROLES, type ApiKey, type ApiRole, type LoginPerson } from '@app/shared';

/** An organization that a caller reaches, and what it may do there. */
export interface OrgGrant {
  readonly id: number;
  readonly externalId: string;
  readonly role: ApiRole;
  /** Ids of Mist's site groups, when only sites of these are the caller's business; `null` = the whole organization. */
  readonly siteGroups: readonly string[] | null;
}

/** What is known of a caller who is a person. */
export interface PersonSession {
  readonly person: LoginPerson;
  readonly email: string | null;
  readonly endsAt: Date;
  /** When it ends unless it is used. */
  readonly idleEndsAt: Date;
}

/** Who calls, however it was proved. */
export interface Principal {
  /** Of the key or of the session: what limits and kept answers go by. */
  readonly id: string;
  /** Who did it, as the audit log says: `key:<id>` or `user:<address>`. */
  readonly actor: string;
  /** As people read it. */
  readonly name: string;
  readonly orgs: readonly OrgGrant[];
  /** `null` = an API key. */
  readonly session: PersonSession | null;
}

/** Who calls, and the secret that proves it. */
export interface Proof {
  readonly caller: Principal;
  readonly secret: string;
}

/** The caller that a genuine key stands for: one role in all of its organizations. */
export const principalOfKey = ({ id, name, role, orgs }: ApiKey): Principal => ({
  id,
  actor: `key:${id}`,
  name,
  orgs: orgs.map((org) => ({ ...org, role })),
  session: null,
});

/** Whether a role is enough for what asks for another. */
export const reaches = (role: ApiRole, needed: ApiRole): boolean => API_ROLES.indexOf(role) >= API_ROLES.indexOf(needed);

/** The organizations in which the caller may do what asks for a role. */
export const orgsWith = ({ orgs }: Principal, needed: ApiRole): OrgGrant[] => orgs.filter(({ role }) => reaches(role, needed));

/** Whether only some sites are the caller's business, in any organization. */
export const isLimited = ({ orgs }: Principal): boolean => orgs.some(({ siteGroups }) => siteGroups !== null);
