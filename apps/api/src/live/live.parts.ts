import { LastingAnswers } from '../access/lasting-answers.js';
import { LiveController, OpenStreams } from './live.controller.js';
import { LiveFeeds } from './live-feeds.js';
import { StreamRequests } from './stream-requests.js';

export const LIVE_CONTROLLERS = [LiveController];
export const LIVE_PROVIDERS = [LastingAnswers, LiveFeeds, OpenStreams, StreamRequests];
