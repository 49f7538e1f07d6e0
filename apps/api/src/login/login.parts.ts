import type { Provider } from '@nestjs/common';
import { Callers } from '../access/callers.js';
import { LoginAttempts } from './attempts.service.js';
import { LoginAudit } from './login-audit.js';
import { LoginController } from './login.controller.js';
import { MeController } from './me.controller.js';
import { LoginProvider } from './provider.js';
import { LoginSessions } from './sessions.service.js';

/** How people get in. */
export const LOGIN_CONTROLLERS = [LoginController, MeController];
export const LOGIN_PROVIDERS: Provider[] = [Callers, LoginAttempts, LoginAudit, LoginProvider, LoginSessions];
