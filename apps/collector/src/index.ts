export { CollectorModule } from './collector.module.js';
export { collectorService } from './collector.service.js';
export { CollectService } from './scheduling/collect.service.js';
export { ReconcileService } from './scheduling/reconcile.service.js';
export { OrgDirectory, type CollectedOrg } from './orgs/org-directory.js';
export { CycleService } from './polling/cycle.service.js';
export type { CycleDone, CycleOrder, CycleResult } from './polling/cycle-order.js';
export { cadenceOf, slotStart, type Cadence } from './scheduling/slots.js';
