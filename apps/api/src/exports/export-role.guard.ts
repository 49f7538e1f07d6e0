import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { API_ROLES } from '@app/shared';
import type { CallerRequest } from '../access/org-scope.js';
import { problem } from '../http/problem.js';
import { exportTable } from './catalogue.js';

/** Some tables need a higher role than others; who calls is known by now. */
@Injectable()
export class ExportRoleGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params, apiKey } = context.switchToHttp().getRequest<CallerRequest>();
    const name = typeof params === 'object' && params !== null && 'table' in params ? String(params.table) : '';
    const { role = 'viewer' } = exportTable(name) ?? {};
    if (apiKey === undefined) throw problem('unauthorized');
    if (API_ROLES.indexOf(apiKey.role) < API_ROLES.indexOf(role))
      throw problem('forbidden', { detail: `This table needs the role ${role}.` });
    return true;
  }
}
