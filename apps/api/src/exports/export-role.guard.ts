import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { CallerRequest } from '../access/org-scope.js';
import { reaches } from '../access/principal.js';
import { problem } from '../http/problem.js';
import { exportTable } from './catalogue.js';

/** Some tables need a higher role than others; who calls is known by now. */
@Injectable()
export class ExportRoleGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params, orgScope } = context.switchToHttp().getRequest<CallerRequest>();
    const name = typeof params === 'object' && params !== null && 'table' in params ? String(params.table) : '';
    const { role = 'viewer' } = exportTable(name) ?? {};
    if (orgScope === undefined) throw problem('not-found');
    if (!reaches(orgScope.role, role)) throw problem('forbidden', { detail: `This table needs the role ${role}.` });
    return true;
  }
}
