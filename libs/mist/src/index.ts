export * from './records.js';
export type { CollectKind } from './collect-kind.js';
export { mapBatch } from './mapper.js';
export { mapWanHours, TRAFFIC_METRICS, type WanHoursAnswer } from './map-hours.js';
export { mapRecord } from './map-record.js';
export type { BatchContext, Outcome } from './outcome.js';
export { canonicalMetric } from './metrics.js';
export { isSignedBy, SIGNATURE_HEADER } from './signature.js';
export { readWebhook, WEBHOOK_TOPICS, type WebhookReading } from './webhook.js';
