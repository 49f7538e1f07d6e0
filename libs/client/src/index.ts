export { createClient, type ApiClient, type ClientOptions, type Problem } from './client.js';
export type { paths } from './generated/schema.js';
