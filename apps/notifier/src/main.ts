import 'reflect-metadata';
import { runService } from '@app/shared';
import { NOTIFIER } from './notifier.service-definition.js';

await runService(NOTIFIER);
