export * from './model.js';
export { NO_WAN_SUMS, type QualitySums, type WanSums } from './sums.js';
export { carrierDocument } from './carrier.js';
export { engineeringDocument } from './engineering.js';
export { executiveDocument, type ExecutiveModel } from './executive.js';
export { sleDocument } from './sle.js';
