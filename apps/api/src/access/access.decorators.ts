import { SetMetadata } from '@nestjs/common';
import type { ApiRole } from '@app/shared';

export const PUBLIC = 'access:public';
export const ROLE = 'access:role';

/** Needs no key: documentation, health, problem pages. */
export const Public = () => SetMetadata(PUBLIC, true);

/** The least role a route asks for; without it `viewer`. */
export const NeedsRole = (role: ApiRole) => SetMetadata(ROLE, role);
