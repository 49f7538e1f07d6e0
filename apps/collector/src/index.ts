export { CollectorModule } from './collector.module.js';
export { collectorService } from './collector.service.js';
export { CollectService } from './scheduling/collect.service.js';
export { ReconcileService } from './scheduling/reconcile.service.js';
export { OrgDirectory, type CollectedOrg } from './orgs/org-directory.js';
export { CycleService, type CycleOrder, type CycleResult } from './polling/cycle.service.js';
