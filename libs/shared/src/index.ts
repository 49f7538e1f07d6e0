export * from './clock.js';
export * from './errors.js';
export * from './queue/contracts.js';
export * from './database/index.js';
