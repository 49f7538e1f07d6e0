export * from './sample.js';
export * from './circuit.js';
export * from './severity.js';
