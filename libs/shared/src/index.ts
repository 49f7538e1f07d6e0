export * from './clock.js';
export * from './errors.js';
export * from './config/index.js';
export * from './queue/index.js';
export * from './database/index.js';
