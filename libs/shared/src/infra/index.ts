export { InfrastructureError } from './infrastructure.error.js';
export { type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.js';
export type { PostgresEngine } from './postgres-programs.js';
export { findProgram, type Variables } from './processes.js';
export { type QueueOptions, type RunningQueue, startQueue } from './queue.js';
export { scratchFolder } from './scratch-folder.js';
