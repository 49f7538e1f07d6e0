export * from './alert.js';
export * from './transition.js';
export * from './grouping.js';
export * from './topology.js';
export * from './notice.js';
export * from './observations.js';
export * from './recurrence.js';
export * from './rota.js';
