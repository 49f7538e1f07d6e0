import type { Provider } from '@nestjs/common';
import { CLOCK, type Clock } from '@app/shared';
import { RateLimiter } from '../access/rate-limiter.js';
import { API_SETTINGS, type ApiSettings } from '../settings.js';
import { HooksController } from './hooks.controller.js';
import { HOOK_LIMITER, HookSenders } from './hook-senders.js';
import { HooksService } from './hooks.service.js';
import { WebhookStateController, WebhookStateRepository } from './webhook-state.controller.js';

export const HOOK_CONTROLLERS = [HooksController, WebhookStateController];

export const HOOK_PROVIDERS: Provider[] = [
  HookSenders,
  HooksService,
  WebhookStateRepository,
  {
    provide: HOOK_LIMITER,
    useFactory: (settings: ApiSettings, clock: Clock) => new RateLimiter(settings.hookRateLimit, clock),
    inject: [API_SETTINGS, CLOCK],
  },
];
