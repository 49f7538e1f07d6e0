export { runMigrations, revertLastMigration } from './data-source.js';
export { Database, type DatabaseOptions, type Queryable, type Row, type Transaction } from './database.js';
export { DatabaseModule } from './database.module.js';
export { completeCycle, openCycle, setCyclePages, type PollCycle } from './cycles.repository.js';
export { ensurePartitions, type PartitionedTable } from './partitions.js';
export { findOrg, requireOrg, upsertOrg, type OrgRow } from './orgs.repository.js';
