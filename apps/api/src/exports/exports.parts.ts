import { ExportsController } from './exports.controller.js';
import { ExportsRepository } from './exports.repository.js';
import { ExportsService } from './exports.service.js';
import { ExportRoleGuard } from './export-role.guard.js';
import { MadeTables } from './made-tables.service.js';
import { RunningExports } from './running-exports.js';

export const EXPORT_CONTROLLERS = [ExportsController];
export const EXPORT_PROVIDERS = [ExportsRepository, ExportsService, ExportRoleGuard, MadeTables, RunningExports];
