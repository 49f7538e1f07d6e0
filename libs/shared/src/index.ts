export * from './clock.js';
export * from './errors.js';
export * from './config/index.js';
export * from './queue/index.js';
export * from './database/index.js';
export { JsonLogger, type LoggerOptions } from './logging/json-logger.js';
export { HealthServer, runChecks, type HealthCheck, type HealthServerOptions } from './health/health.server.js';
export { METRICS, RuntimeModule, type Runtime, type RuntimeOptions } from './runtime.module.js';
export { createService, type RunningService, type ServiceDefinition, type ServiceOptions } from './service.js';
export { loadRuntime, runService } from './bootstrap.js';
export * from './infra/index.js';
export * from './documents/index.js';
export * from './reports/index.js';
export * from './exports/index.js';
export * from './facts-export/index.js';
export {
  ACK_TOKEN_MAX_LENGTH,
  ackLinkUrl,
  signAckLink,
  verifyAckLink,
  type AckLinkClaim,
  type AckLinkKey,
  type AckLinkVerdict,
} from './security/ack-links.js';
