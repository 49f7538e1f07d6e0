import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ApiRole } from '@app/shared';

export const PUBLIC = 'access:public';
export const ROLE = 'access:role';
export const FOR_SITE_GROUPS = 'access:for-site-groups';
/** How the document says the same. */
export const SITE_GROUPS_EXTENSION = 'x-for-site-groups';

/** Needs no key: documentation, health, problem pages. */
export const Public = () => SetMetadata(PUBLIC, true);

/** The least role a route asks for; without it `viewer`. */
export const NeedsRole = (role: ApiRole) => SetMetadata(ROLE, role);

/** Values of parameters with which an answer is about single sites; the empty one stands for a parameter that is left out. */
export type SiteQuestions = Readonly<Record<string, readonly string[]>>;

/**
 * Also for keys that are limited to site groups: what the route says, it says of single sites, if it is asked so. Every other route refuses them.
 */
export const ForSiteGroups = (asked: SiteQuestions = {}): MethodDecorator =>
  applyDecorators(SetMetadata(FOR_SITE_GROUPS, asked), ApiExtension(SITE_GROUPS_EXTENSION, true));
