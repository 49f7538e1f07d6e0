export * from './sample.js';
export * from './circuit.js';
export * from './severity.js';
export * from './region.js';
export * from './report/index.js';
