export { createApi, type ApiOptions, type RunningApi } from './create-api.js';
export { DEFAULT_API_SETTINGS, type ApiSettings } from './settings.js';
export { replayRouting, type NoticesResult } from './replay/notices.js';
export { replayRules, type ReplayRequest, type ReplayResult } from './replay/replay.js';
